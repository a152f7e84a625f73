"""Load a scenario from a bundled name or a file, and write it as YAML."""

from __future__ import annotations

import copy
import json
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from arena import arguments
from arena.errors import InputError
from arena.scenario import bundled, keys
from arena.scenario.compact import without_default_nulls
from arena.scenario.error_messages import input_errors
from arena.scenario.overrides import apply, put
from arena.scenario.parts import strictly
from arena.scenario.plain_values import refuse_unusable
from arena.scenario.plugin_files import load_plugins
from arena.scenario.problems import InputErrors
from arena.scenario.python_values import PLACE, plain
from arena.scenario.schema import Scenario
from arena.scenario.setting_tactics import write_settings
from arena.scenario.tree import FLOAT, MAX_CHARACTERS, TAG, Place, Tree, parse


@dataclass(frozen=True)
class Loaded:
    """A scenario and the file it came from; its data paths are relative to that folder."""

    scenario: Scenario
    path: Path
    tree: Tree = field(default_factory=lambda: Tree(None), compare=False, repr=False)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Add the file and line of the key to wrong input that is found only later, in a checkpoint
        or in data."""
        try:
            yield
        except InputError as error:
            placed = self._placed(error)
            if placed is error:
                raise
            raise placed from error

    def _placed(self, error: InputError) -> InputError:
        known = error.file is not None or isinstance(error, InputErrors)
        if known or not error.key or error.key.startswith("-"):
            return error
        try:
            path = keys.parse(error.key)
        except InputError:
            return error
        place = self.tree.place(path) if path[0] in type(self.scenario).model_fields else None
        return replace(error, file=place.file, line=place.line) if place else error


MAX_BYTES = 4 * MAX_CHARACTERS

Given = Scenario | str | Path | Mapping[str, Any]  # what the API accepts as a scenario


def load_scenario(
    given: str | Path | Mapping[str, Any],
    *,
    overrides: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    plugins: str | Path | Sequence[str | Path] = (),
) -> Scenario:
    """Return the validated scenario of a bundled name, a path, or a dict as in YAML.

    Example:
        >>> load_scenario("quickstart", overrides=["defender.steps=80"]).defender.steps
        80

    Args:
        overrides: a text such as `defender.steps=80`, or several.
        seeds: a number or several, replacing those of the file.
        plugins: a file with your own parts or several, in addition to those that the scenario
            names.

    Raises:
        InputError: the file or an override is wrong; with file, line and key.
    """
    return read(given, overrides=overrides, seeds=seeds, plugins=plugins).scenario


def read(
    given: str | Path | Mapping[str, Any],
    *,
    overrides: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    plugins: str | Path | Sequence[str | Path] = (),
) -> Loaded:
    """Return the scenario as `load_scenario` does, with the path of its file; a dict's paths are
    relative to the working folder.

    Raises:
        InputError: as `load_scenario`.
    """
    if isinstance(given, Mapping):
        path, tree = Path("scenario.yaml"), _tree(given)
    else:
        path, shown = _find(_named(given))
        tree = _parsed(_text(path, shown), shown)
    _override(tree, arguments.texts(overrides, "overrides"), seeds)
    load_plugins(tree, path.parent, arguments.paths(plugins, "plugins"))
    return Loaded(_validated(tree), path, tree)


def from_text(
    text: str,
    file: str = "scenario.yaml",
    *,
    overrides: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
) -> Scenario:
    """Return the scenario of a YAML text; `file` is its name in errors. Its plug-ins are relative
    to the working folder.

    Raises:
        InputError: as `load_scenario`.
    """
    tree = _parsed(text, file)
    _override(tree, overrides, seeds)
    load_plugins(tree, Path())
    return _validated(tree)


def _parsed(text: str, file: str) -> Tree:
    tree = parse(text, file)
    if not isinstance(tree.data, dict):
        state = "is empty" if tree.data is None else "is not a mapping"
        rule = f"this YAML {state}: a scenario starts with keys such as name, seeds, model"
        raise InputError(rule, file, 1)
    return tree


def _tree(given: Mapping[str, Any]) -> Tree:
    return Tree(plain(given), {(): Place(PLACE)})


def _validated(tree: Tree) -> Scenario:
    refuse_unusable(tree)
    write_settings(tree)
    try:
        scenario: Scenario = strictly(Scenario, tree.data)
    except ValidationError as error:
        raise input_errors(error, Scenario, tree) from None
    return scenario


def varied(scenario: Scenario, changes: Mapping[str, Any], name: str) -> Scenario:
    """Return the scenario with other values of some keys (`defender.steps`), validated again.

    Args:
        name: of the variant, in errors.

    Raises:
        InputError: a key does not exist, or the changed scenario is invalid.
    """
    tree = Tree(json.loads(json.dumps(scenario.resolved())), {(): Place(name)})
    for key, value in changes.items():
        try:
            put(tree, keys.parse(key), copy.deepcopy(value), Place(name))
        except InputError as error:
            raise InputError(
                error.message, name, None, error.key or key, error.found or None, error.allowed
            ) from None
    return _validated(tree)


def dump(scenario: Scenario) -> str:
    """Return the scenario as YAML with every default that is not null, which loads back to an equal
    scenario."""
    plain = without_default_nulls(scenario, scenario.resolved())
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would read as another type."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """Write double quotes, and so escapes, for line breaks that some readers fold into spaces."""
    style = '"' if set(value) & set("\x85\u2028\u2029") else None
    return dumper.represent_scalar(f"{TAG}str", value, style=style)


_Dumper.add_representer(str, _quoted)
_Dumper.add_implicit_resolver(
    f"{TAG}float", re.compile(f"(?:{FLOAT.pattern})$"), list("-+0123456789.")
)


def _named(given: object) -> str | Path:
    """A name or a path, as opposed to what else Python can pass."""
    if isinstance(given, str) and "\n" in given.strip():
        raise InputError("this is the text of a scenario; give its file, or a dict", found=given)
    if not isinstance(given, (str, Path)):
        rule = "a scenario is a bundled name, a path or a dict"
        raise InputError(rule, key="scenario", found=repr(given))
    return given


def _find(name_or_path: str | Path) -> tuple[Path, str]:
    """The file, and its name in errors. A bundled name takes precedence over a local file."""
    shown = str(name_or_path)
    is_name = isinstance(name_or_path, str) and Path(shown).name == shown
    inside = bundled.path_of(shown) if is_name else None
    if inside is not None:
        return inside, inside.name
    path = Path(name_or_path)
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        kind = 0
    except (OSError, ValueError) as error:  # name too long, or a part is no folder
        rule = f"no scenario can be read here: {getattr(error, 'strerror', None) or error}"
        raise InputError(rule, found=shown) from None
    if stat.S_ISREG(kind):
        return path, shown
    if stat.S_ISDIR(kind):
        raise InputError("this is a folder; give a scenario file", found=shown)
    if kind:
        raise InputError("this is a pipe or a device; give a scenario file", found=shown)
    rule = "there is no bundled scenario or file with this name" if is_name else "no such file"
    raise InputError(rule, found=shown, allowed=(*_same_name(path), *bundled.names()))


def _same_name(path: Path) -> list[str]:
    """Scenario files that differ from this one in their suffix only."""
    others = (path.with_suffix(suffix) for suffix in (".yaml", ".yml") if path.name)
    return [str(other) for other in others if other.is_file()]


def _text(path: Path, shown: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            rule = f"too large for a scenario: {size} bytes, at most {MAX_BYTES}"
            raise InputError(rule, shown)
        content = path.read_bytes()
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        rule = f"not a text file in UTF-8 ({error.reason})"
        raise InputError(rule, shown, line, found=f"byte 0x{content[error.start]:02x}") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", shown) from None


def _override(tree: Tree, texts: Sequence[str], seeds: int | Sequence[int] | None) -> None:
    apply(tree, texts)
    refuse_unusable(tree)
    if seeds is not None:
        several = list(arguments.seeds(seeds))
        shown = Place(f"--seeds {','.join(map(str, several))}")
        put(tree, ("seeds",), several, shown)
