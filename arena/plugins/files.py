"""A plug-in's files, read but not run.

The digest in its module's name leaves out comments and docstrings, as addresses do
(arena.store.code).
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.errors import InputError

PREFIX = "arena_plugin_"
LARGEST = 16 * 2**20  # bytes of a folder, which is sent to every process whole


@dataclass(frozen=True)
class Plugin:
    """A plug-in as it is sent to another process.

    Attributes:
        module: the name that it is imported under.
        path: its file or folder; for an importable module, the folder that Python finds it in.
        files: contents by path, relative to the folder that holds `path`; empty for such a module.
        asked: whether a scenario or the command line named it. Other imported modules that register
            parts are loaded in other processes too, but may be missing there.
    """

    module: str
    path: Path
    files: tuple[tuple[str, bytes], ...] = ()
    asked: bool = True


def read(path: Path) -> Plugin:
    """Return the plug-in at a path, not imported yet.

    Raises:
        InputError: it is no Python file and no package, is too large, or is not valid Python.
    """
    if path.is_dir() and not (path / "__init__.py").is_file():
        raise InputError("not a plug-in: this folder has no __init__.py", str(path))
    if path.is_file() and path.suffix != ".py":
        raise InputError("not a plug-in: must be a Python file or a package's folder", str(path))
    members = [path] if path.is_file() else inside(path)
    if sum(file.stat().st_size for file in members) > LARGEST:
        raise InputError(f"a plug-in's folder may hold at most {LARGEST >> 20} MiB", str(path))
    try:
        files = tuple((f.relative_to(path.parent).as_posix(), f.read_bytes()) for f in members)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(path)) from None
    stem = re.sub(r"\W", "_", path.stem)
    return Plugin(f"{PREFIX}{stem}_{_digest(files, path)[:12]}", path, files)


def inside(folder: Path) -> list[Path]:
    """Return all files of a package except hidden ones and bytecode, in a fixed order."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    hidden = re.compile(r"(^|/)(\.|__pycache__/)")
    return [file for file in files if not hidden.search(file.relative_to(folder).as_posix())]


def _digest(files: Sequence[tuple[str, bytes]], path: Path) -> str:
    summary = hashlib.sha256()
    for name, content in files:
        if name.endswith(".py"):
            content = _code(content, path.parent / name).encode()
        summary.update(f"{name}\n{len(content)}\n".encode() + content)
    return summary.hexdigest()


def _code(source: bytes, file: Path) -> str:
    """A file's code without comments and docstrings."""
    try:
        tree = ast.parse(source, str(file))
    except SyntaxError as error:
        raise InputError(f"not valid Python: {error.msg}", str(file), error.lineno or 1) from None
    except ValueError as error:  # a null byte
        raise InputError(f"not valid Python: {error}", str(file), 1) from None
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [each for each in body if not _is_docstring(each)]
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    is_value = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_value and isinstance(node.value.value, str)  # type: ignore[attr-defined]
