"""The base of every part of a results file (arena.api.part, since findings of plug-ins use it)."""

from __future__ import annotations

from arena.api.part import Named, Part

__all__ = ["Named", "Part"]
