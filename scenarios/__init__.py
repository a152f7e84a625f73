"""Bundled scenarios, shipped with the package and runnable by name."""
