"""Plug-ins: parts from outside the project."""

from __future__ import annotations

from pathlib import Path


def root_of(module: str) -> Path | None:
    """The file or package folder of the plug-in that a module belongs to; None for others."""
    return None
