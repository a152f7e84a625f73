"""Where the code of plug-ins is, for the digests in addresses."""

from __future__ import annotations

import sys
from pathlib import Path

from arena import registry
from arena.plugins.files import Plugin
from arena.plugins.main_parts import MAIN, main_file

FIRST_PARTY = ("arena", "attackers", "defenders")

LOADED: dict[str, Plugin] = {}  # by module; filled by arena.plugins.loading


def root_of(module: str) -> Path | None:
    """Return the file or package folder of the plug-in that a module belongs to; None for
    others."""
    top = _top(module)
    if top in FIRST_PARTY:
        return None
    plugin = LOADED.get(top)
    if plugin is not None and plugin.files:
        return plugin.path
    if top in map(_top, (*LOADED, *registry.entry_modules())):
        return _package_of(module)
    if not any(part.__module__ == module for part in registry.parts()):
        return None
    return main_file() if module == MAIN else _file_of(module)


def is_loose(module: str) -> bool:
    """Whether a module is neither a plug-in nor the project's: imported by a script, say."""
    known = (*LOADED, *FIRST_PARTY, MAIN, *registry.entry_modules())
    return _top(module) not in map(_top, known)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _file_of(module: str) -> Path | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file) if file else None


def _package_of(module: str) -> Path | None:
    """The outermost package of a module that has a file: its folder, or its single file."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        file = _file_of(".".join(parts[:depth]))
        if file is not None:
            return file.parent if file.name == "__init__.py" else file
    return None


def found_in(module: str) -> Path:
    """Return the folder in which Python finds a module's outermost package."""
    file = _file_of(module)
    if file is None:
        return Path()
    return file.resolve().parents[module.count(".") + (file.name == "__init__.py")]
