"""Importing plug-ins, here and in other processes."""

from __future__ import annotations

import atexit
import importlib
import importlib.machinery
import importlib.util
import inspect
import os
import pkgutil
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from arena import registry
from arena.errors import InputError
from arena.plugins.files import Plugin, read
from arena.plugins.places import LOADED, found_in, is_loose

API = "arena.api"
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def load(given: str | Path, base: Path | None = None) -> str:
    """Import a plug-in once, and return its name for scenarios in any folder.

    Args:
        given: a file, a folder, or a dotted module name. base: the folder of relative paths; by
            default the working folder.

    Returns:
        The absolute path, or the module name.

    Raises:
        InputError: it is missing, cannot be imported, registers nothing, or wants a name that is
            taken; with the plug-in's file and line where there is one.
    """
    registry.load()
    path = ((base or Path()) / Path(given).expanduser()).resolve()
    if not path.exists() and _is_module_name(str(given)):
        _load_module(str(given))
        return str(given)
    if not path.exists():
        raise InputError("no such plug-in", found=str(given))
    _import(read(path))
    return str(path)


def loaded() -> tuple[Plugin, ...]:
    """Return all plug-ins of this process, for another process to `install`."""
    modules = {part.__module__ for part in registry.parts()}
    others = [
        Plugin(name, found_in(name), asked=False) for name in sorted(modules) if is_loose(name)
    ]
    return (*LOADED.values(), *others)


def install(plugins: Sequence[Plugin]) -> None:
    """Load plug-ins that another process has loaded, from their source text if the file is not
    here.

    Raises:
        InputError: one of them cannot be imported here.
    """
    registry.load()
    for plugin in plugins:
        if plugin.files:
            _import(_here(plugin))
            continue
        if str(plugin.path) not in sys.path and plugin.path.is_dir():
            sys.path.append(str(plugin.path))
        try:
            _load_module(plugin.module)
        except InputError:
            if plugin.asked:
                raise


def _is_module_name(text: str) -> bool:
    return DOTTED.fullmatch(text) is not None and not text.endswith(".py")


class _Uncached(importlib.machinery.SourceFileLoader):
    """Runs the current source and writes no bytecode, since a stale bytecode file is recognised
    only to whole seconds."""

    def path_stats(self, path: str | os.PathLike[str]) -> Mapping[str, object]:
        raise OSError


def _import(plugin: Plugin) -> None:
    """Import all modules of a plug-in, or none. An older version of the same file is replaced."""
    if plugin.module in LOADED:
        return
    older = [known.module for known in LOADED.values() if known.path == plugin.path]
    try:
        with registry.all_or_nothing():
            for module in older:
                registry.forget(module)
            before = registry.snapshot()
            _run(plugin)
            if registry.snapshot() == before:
                raise InputError(
                    "the plug-in registers no part: decorate a class with @register(KIND, NAME)",
                    str(plugin.path),
                    1,
                )
            _refuse_unfit(plugin.path, before)
    except BaseException:
        for name in [n for n in sys.modules if registry.is_inside(n, plugin.module)]:
            del sys.modules[name]
        raise
    for module in older:
        del LOADED[module]
    LOADED[plugin.module] = plugin


def _base_of(known: Mapping[str, type]) -> type:
    """The class in arena.api that all parts of a kind are made from, read off the known ones."""
    classes = next(part.__mro__ for part in known.values())
    return next(each for each in reversed(classes) if registry.is_inside(each.__module__, API))


def _refuse_unfit(file: Path, before: Mapping[registry.Kind, Mapping[str, type]]) -> None:
    """Raise InputError if a new part is not of its kind's class, or lacks methods that it needs."""
    for kind, named in registry.snapshot().items():
        for name in named.keys() - before[kind].keys():
            part, base = named[name], _base_of(before[kind])
            rule = None
            if not issubclass(part, base):
                rule = f"must be a subclass of arena.api.{base.__name__}"
            elif lacking := _lacking(part, base):
                rule = f"lacks what every {kind} has: {', '.join(lacking)}"
            if rule:
                raise InputError(f"the {kind} {name!r} ({part.__name__}) {rule}", str(file))


def _lacking(part: type, base: type) -> list[str]:
    """The methods that a part must define, and the class attributes that its base declares without
    a value (a payload's `match`)."""
    declared = [name for name in inspect.get_annotations(base) if not hasattr(part, name)]
    return sorted({*getattr(part, "__abstractmethods__", ()), *declared})


def _run(plugin: Plugin) -> None:
    """Execute a plug-in's file, or all modules of its package."""
    try:
        module = _execute(plugin)
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{plugin.module}."):
            importlib.import_module(found.name)
    except (Exception, SystemExit) as error:
        raise _placed(error, plugin.path) from error


def _execute(plugin: Plugin) -> ModuleType:
    is_folder = plugin.path.is_dir()
    file = plugin.path / "__init__.py" if is_folder else plugin.path
    spec = importlib.util.spec_from_file_location(
        plugin.module,
        file,
        loader=_Uncached(plugin.module, str(file)),
        submodule_search_locations=[str(plugin.path)] if is_folder else None,
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[plugin.module] = module  # classes are pickled by this name
    spec.loader.exec_module(module)
    return module


def _placed(error: BaseException, path: Path) -> InputError:
    """The error, with the plug-in's last line that was running."""
    if isinstance(error, registry.Unfit):
        rule = str(error)
    else:
        text = str(error).split("\n")[0]
        rule = f"the plug-in cannot be imported: {type(error).__name__}: {text}"
    places = [
        (frame.filename, frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path or path in Path(frame.filename).parents
    ]
    file, line = places[-1] if places else (str(path), None)
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    return InputError(rule, file, line)


def _load_module(name: str) -> None:
    """Import a module that Python finds on its path."""
    try:
        with registry.all_or_nothing():
            importlib.import_module(name)
    except registry.Unfit as error:
        raise InputError(str(error), found=name) from error
    except (Exception, SystemExit) as error:
        rule = f"no such plug-in file, and no module that can be imported: {error}"
        raise InputError(rule, found=name) from error
    if not any(registry.is_inside(part.__module__, name) for part in registry.parts()):
        raise InputError("the plug-in registers no part", found=name)
    LOADED.setdefault(name, Plugin(name, found_in(name)))


def _here(plugin: Plugin) -> Plugin:
    """The plug-in with a path on this machine: the original if the same code is there, else a
    copy."""
    try:
        if read(plugin.path).module == plugin.module:
            return plugin
    except (InputError, OSError):
        pass
    folder = Path(tempfile.mkdtemp(prefix="arena-plugin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in plugin.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return replace(plugin, path=folder / plugin.path.name)
