"""Tests; a package, so that helpers are imported as `tests.support`."""
