"""One registry for every part that can be named in a scenario.

A new part is one file: a class with a `Params` model and `@register(kind, name)`. Modules
in `attackers`, `defenders` and `arena.corpora` are found by themselves; other packages add
theirs through the entry-point group `backdoor_arena`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable
from typing import Literal, TypeVar, get_args

from arena.errors import InputError

Kind = Literal["corpus", "trigger", "payload", "tactic", "objective", "discovery", "measure"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HOMES = ("arena.corpora", "arena.measures", "attackers", "defenders")
ENTRY_POINTS = "backdoor_arena"

_parts: dict[Kind, dict[str, type]] = {kind: {} for kind in KINDS}
T = TypeVar("T", bound=type)


def register(kind: Kind, name: str) -> Callable[[T], T]:
    """Class decorator that makes `name` valid in scenarios.

    Raises:
        ValueError: the name is taken by another class.
    """

    def add(part: T) -> T:
        known = _parts[kind].setdefault(name, part)
        if (known.__module__, known.__qualname__) != (part.__module__, part.__qualname__):
            raise ValueError(f"{kind} {name!r} is already registered by {known.__module__}")
        _parts[kind][name] = part
        setattr(part, "name", name)  # noqa: B010  (`type` declares no such attribute)
        return part

    return add


@functools.cache
def load() -> None:
    """Import every module that registers parts (torch-free by rule; a test holds it)."""
    for home in HOMES:
        package = importlib.import_module(home)
        for module in pkgutil.walk_packages(package.__path__, f"{home}."):
            importlib.import_module(module.name)
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        point.load()


def names(kind: Kind) -> tuple[str, ...]:
    """The registered names of a kind, sorted."""
    load()
    return tuple(sorted(_parts[kind]))


def get(kind: Kind, name: str) -> type:
    """The class behind a name.

    Raises:
        InputError: nobody registered it; carries the known names.
    """
    load()
    if name not in _parts[kind]:
        raise InputError(f"unknown {kind}", found=str(name), allowed=names(kind))
    return _parts[kind][name]


def summary(kind: Kind, name: str) -> str:
    """The first line of the part's docstring, for `arena list`."""
    return (get(kind, name).__doc__ or "").strip().split("\n")[0]
