"""Digests of code, since a stage's outcome depends on code as much as on its settings.

The digest of a class covers its module and every first-party module that it imports, directly or
indirectly, so that an edit in a helper changes the addresses of exactly what uses the helper.
Digests are of syntax trees without docstrings, comments and `if TYPE_CHECKING` blocks, so rewording
changes nothing. A name that a package only re-exports (`from arena.api import Trigger`) is followed
to the module that defines it. A plug-in counts as a whole: all files of its package.

Parts that are looked up by name while a stage runs (a composite trigger's parts) are not imports;
they are digested separately, as values (arena/store/identity.py). The digest depends on the Python
version's grammar: another minor version may give another address, never another result.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arena import plugins
from arena.plugins.files import inside

PACKAGES = ("arena", "attackers", "defenders")
# They find parts and word errors; no stage's outcome depends on them.
NEUTRAL = frozenset({"arena.errors", "arena.registry", "arena.plugins"})


@dataclass(frozen=True)
class Module:
    """A module, as digests see it.

    code: SHA-256 of its syntax tree. imports: names of first-party modules that it imports.
    handed_on: name -> module, for what `from module import name` binds at its top level.
    """

    code: str
    imports: tuple[tuple[str, str | None], ...]
    handed_on: tuple[tuple[str, str], ...]


def code_of(part: type) -> str:
    """Return the SHA-256 (hex) of all first-party code that a class depends on."""
    return digest_of(part.__module__)


@functools.cache
def digest_of(module: str) -> str:
    """Return the SHA-256 (hex) of a module and the first-party modules that it imports."""
    return hashlib.sha256("\n".join(sorted(codes(module).values())).encode()).hexdigest()


def codes(module: str) -> dict[str, str]:
    """Return the digests of a module and of all first-party modules that it imports, by name. A
    plug-in has its root's name and the digest of all its files."""
    closure: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        root = plugins.root_of(name)
        if root is not None:
            closure[root.name] = _tree_digest(root)
        if name in closure or name in NEUTRAL:
            continue
        read = _read(name) or (_loose(name) if name == module else None)
        if read is None:
            continue
        if root is None:
            closure[name] = read.code
        else:
            closure[name] = ""
        waiting += [target for target in _targets(read) if target not in closure]
    return closure


def _targets(module: Module) -> Iterator[str]:
    for source, name in module.imports:
        yield source if name is None else _home(source, name)


def _home(module: str, name: str) -> str:
    """The module that defines the name in `from module import name`."""
    if _file(f"{module}.{name}") is not None:
        return f"{module}.{name}"
    read = _read(module)
    source = dict(read.handed_on).get(name) if read is not None else None
    return module if source is None or source == module else _home(source, name)


def _read(name: str) -> Module | None:
    file = _file(name)
    if file is None:
        return None
    status = file.stat()
    return _parsed(name, file, status.st_mtime_ns, status.st_size)


def _loose(name: str) -> Module | None:
    """A module that belongs to no package of the project and to no plug-in: a script, a test."""
    origin = getattr(sys.modules.get(name), "__file__", None)
    if origin is None:
        return None
    file = Path(origin)
    return _parsed(name, file, file.stat().st_mtime_ns, file.stat().st_size)


@functools.lru_cache(maxsize=4096)
def _parsed(name: str, file: Path, changed: int, size: int) -> Module:
    tree = _bare(file)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    handed_on = {
        alias.asname or alias.name: _source(node, package)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    imports = dict.fromkeys(_imports(tree, package))
    code = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return Module(code, tuple(imports), tuple(handed_on.items()))


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = _source(node, package)
            for alias in node.names if _first_party(source) else ():
                yield source, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _first_party(alias.name):
                    yield alias.name, None


def _source(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _first_party(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES or plugins.root_of(module) is not None


@functools.lru_cache(maxsize=4096)
def _file(module: str) -> Path | None:
    """The source file of a first-party module; None for a name that is no module. Nothing is
    imported to find it: digesting the training loop must not load torch."""
    if not _first_party(module):
        return None
    top, *rest = module.split(".")
    for place in _places(top):
        path = place.joinpath(*rest)
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    origin = getattr(sys.modules.get(module), "__file__", None)
    return Path(origin) if origin is not None else None


@functools.cache
def _places(top: str) -> tuple[Path, ...]:
    """The folders of a top-level package."""
    package = sys.modules.get(top)
    home = package if package is not None else importlib.util.find_spec(top)
    places = getattr(home, "__path__", None) or getattr(home, "submodule_search_locations", ())
    return tuple(Path(place) for place in places or ())


def _tree_digest(root: Path) -> str:
    """Digest of all files of a plug-in, or of its one file; its code as syntax trees, its data as
    they are."""
    files = [root] if root.is_file() else inside(root)
    summary = hashlib.sha256()
    for file in files:
        place = file.name if root.is_file() else file.relative_to(root).as_posix()
        code = file.suffix == ".py"
        content = ast.dump(_bare(file)) if code else hashlib.sha256(file.read_bytes()).hexdigest()
        summary.update(f"{place}\n{content}\n".encode())
    return summary.hexdigest()


def _bare(file: Path) -> ast.Module:
    """The syntax tree of a file without docstrings and `if TYPE_CHECKING` blocks."""
    tree = ast.parse(file.read_bytes(), file.name)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [each for each in body if not _is_text(each) and not _is_type_only(each)]
    return tree


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is just a string: a docstring, or without effect."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_type_only(node: ast.AST) -> bool:
    names = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) in names
