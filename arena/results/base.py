"""The base of every part of a results file (arena.api.part, since findings of plug-ins use it), and
the version of the files."""

from __future__ import annotations

from arena.api.part import Named, Part

SCHEMA_VERSION = 2

__all__ = ["SCHEMA_VERSION", "Named", "Part"]
