"""One registry for every part that can be named in a scenario.

A new part is one file: a class with a `Params` model and `@register(kind, name)`. Modules in
the packages in `HOMES` are imported automatically; other packages register through the entry-point
group `backdoor_arena`, single files through arena.plugins. An entry point that cannot be loaded is
reported and skipped.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

from arena.errors import InputError
from arena.printable import printable

Kind = Literal[
    "corpus", "trigger", "payload", "tactic", "objective", "discovery", "measure", "hot_form",
    "tracker",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
HOMES = (
    "arena.corpora",
    "arena.hot_forms",
    "arena.measures",
    "arena.trackers",
    "attackers",
    "defenders",
)
FOLDERS = ("arena.measures",)  # homes in which each package is one part
PLAIN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"  # a part's name, in keys and rows
ENTRY_POINTS = "backdoor_arena"

_parts: dict[Kind, dict[str, type]] = {kind: {} for kind in KINDS}
T = TypeVar("T", bound=type)


class Unfit(ValueError):  # noqa: N818  (it says what is wrong)
    """A class cannot be registered so."""


class NameTaken(Unfit):
    """Two classes ask for one name."""


@dataclass(frozen=True)
class Broken:
    """An installed plug-in that could not be loaded: whose it is, which entry point, and why."""

    distribution: str
    entry_point: str
    error: str

    def __str__(self) -> str:
        return f"plug-in {self.distribution}, entry point {self.entry_point!r}: {self.error}"


@dataclass
class _Loading:
    """What `load` did so far. modules: those that entry points named."""

    begun: bool = False
    broken: list[Broken] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)


_loading = _Loading()


def register(kind: Kind, name: str) -> Callable[[T], T]:
    """Make `name` valid in scenarios; a class decorator.

    Raises:
        ValueError: there is no such kind, the name is no plain one, or it is taken by another
            class; names both.
    """
    if kind not in KINDS:
        raise Unfit(f"there is no kind {kind!r} of part; kinds: {', '.join(KINDS)}")
    if not re.fullmatch(PLAIN, name):
        rule = "must be letters, digits, _, . and -, beginning with a letter or digit"
        raise Unfit(f"the name of the {kind} {name!r} {rule}")

    def add(part: T) -> T:
        known = _parts[kind].setdefault(name, part)
        if _place(known) != _place(part):
            raise NameTaken(
                f"{kind} {name!r} is already registered by {_place(known)}, "
                f"so {_place(part)} needs another name"
            )
        _parts[kind][name] = part
        setattr(part, "name", name)  # noqa: B010  (`type` declares no such attribute)
        return part

    return add


def load() -> None:
    """Import every module that registers parts (none may import torch; a test checks it).

    An exception in a module of the project is raised; a plug-in that fails is reported on stderr,
    once.
    """
    with _loading.lock:
        if _loading.begun:  # a module that asks for names while it is imported must not start over
            return
        _loading.begun = True
        try:
            _load_homes()
        except BaseException:
            _loading.begun = False
            raise
        for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
            _load_entry_point(point)


def _load_homes() -> None:
    for home in HOMES:
        package = importlib.import_module(home)
        # a measure is a folder: its __init__ registers it, the rest is imported when it is needed
        find = pkgutil.iter_modules if home in FOLDERS else pkgutil.walk_packages
        for module in find(package.__path__, f"{home}."):
            importlib.import_module(module.name)


def _load_entry_point(point: importlib.metadata.EntryPoint) -> None:
    """Load an entry point whole or not at all; a failure is reported and stops nothing else."""
    try:
        with all_or_nothing():
            point.load()
        _loading.modules.append(point.module)
    except (Exception, SystemExit) as error:
        owner = f"{point.dist.name} {point.dist.version}" if point.dist else "(unknown)"
        why = f"{type(error).__name__}: {error}".split("\n")[0]
        _loading.broken.append(Broken(owner, point.name, why))
        text = f"warning: {_loading.broken[-1]}; it is ignored"
        print(printable(text), file=sys.stderr, flush=True)


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Undo every registration made in this block if it raises an exception."""
    before = snapshot()
    try:
        yield
    except BaseException:
        for kind, named in before.items():
            _parts[kind].clear()
            _parts[kind].update(named)
        raise


def snapshot() -> Mapping[Kind, Mapping[str, type]]:
    """Return all classes registered so far, by kind and name."""
    return {kind: dict(named) for kind, named in _parts.items()}


def parts() -> tuple[type, ...]:
    """Return all classes registered so far."""
    return tuple(part for named in _parts.values() for part in named.values())


def forget(module: str) -> None:
    """Remove the parts of a module, or of a package's modules, from the registry."""
    for named in _parts.values():
        for name in [n for n, part in named.items() if is_inside(part.__module__, module)]:
            del named[name]


def is_inside(module: str, package: str) -> bool:
    """Whether a dotted name equals another one or is below it."""
    return module == package or module.startswith(f"{package}.")


def names(kind: Kind) -> tuple[str, ...]:
    """Return the registered names of a kind, sorted."""
    load()
    return tuple(sorted(_parts[kind]))


def get(kind: Kind, name: str) -> type:
    """Return the class registered under a name.

    Raises:
        InputError: it is not registered; carries the known names, and which plug-ins failed.
    """
    load()
    if name not in _parts[kind]:
        raise InputError(unknown(kind), found=str(name), allowed=names(kind))
    return _parts[kind][name]


def unknown(kind: Kind) -> str:
    """Return the message for an unknown name; it says which plug-ins failed to load, and why."""
    missing = "; ".join(str(each) for each in _loading.broken)
    return f"unknown {kind} (not loaded: {missing})" if missing else f"unknown {kind}"


def broken() -> tuple[Broken, ...]:
    """Return the installed plug-ins that could not be loaded."""
    load()
    return tuple(_loading.broken)


def entry_modules() -> tuple[str, ...]:
    """Return the modules that installed plug-ins were loaded from."""
    load()
    return tuple(_loading.modules)


def summary(kind: Kind, name: str) -> str:
    """Return the first paragraph of the part's docstring on one line, for `arena list`."""
    paragraph = (get(kind, name).__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split())


def _place(part: type) -> str:
    return f"{part.__module__}.{part.__qualname__}"
