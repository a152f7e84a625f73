"""The one reader of results files: any kind, any version up to this one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from arena.arguments import a_path
from arena.errors import InputError
from arena.results.base import SCHEMA_VERSION
from arena.results.duel import DuelResults
from arena.results.measures import MisreadMeasureError
from arena.results.migrate import migrate
from arena.results.run import RunResults
from arena.results.run_state import read_state
from arena.results.stress import StressResults
from arena.results.tune import TuneResults

Results = RunResults | StressResults | TuneResults | DuelResults
MODELS: Mapping[str, type[Results]] = {
    "run": RunResults,
    "stress": StressResults,
    "tune": TuneResults,
    "duel": DuelResults,
}
FILE = "results.json"
_Place = tuple[str | int, ...]
_LISTED = 10  # runs that an error names
_SHOWN = 60  # characters of a wrong value that an error shows


def read_results(place: str | Path) -> Results:
    """Return the results in a run's folder, or in a results file.

    Example:
        >>> arena.read_results("runs/quickstart").frame("rows")  # a pandas DataFrame

    Older versions are migrated. Missing or null keys get their defaults; unknown keys, and list
    entries whose name is null, are dropped.

    Raises:
        InputError: there is no file, it is not a JSON object, a section has a wrong type, or the
            file's version is newer than this reader's.
    """
    given = a_path(place, "place")
    path = given if given.is_file() else given / FILE
    if not path.is_file():
        raise _no_run(given)
    results = parse_results(_content(path), str(path))
    return results.at(path.parent) if isinstance(results, RunResults) else results


def read_run(folder: Path) -> RunResults:
    """Return the results of a run in its folder.

    Raises:
        InputError: as `read_results`; or they are those of a stress run or a search.
    """
    results = read_results(folder)
    if isinstance(results, RunResults):
        return results
    cells = [cell.id for cell in results.cells] if isinstance(results, StressResults) else []
    more = "; each of its cells is a run" if cells else ""
    own = tuple(str(folder / "cells" / cell) for cell in cells)
    rule = f"must be the folder of a run: this holds a {results.kind}{more}"
    raise InputError(rule, found=str(folder), allowed=own)


def notes_of(results: Results) -> tuple[str, ...]:
    """Return the notes on the results as a whole; searches have none."""
    return results.notes if isinstance(results, RunResults | StressResults) else ()


def parse_results(values: Mapping[str, Any], file: str | None = None) -> Results:
    """Return the results in the content of a results file, as `read_results` does.

    Args:
        values: the parsed JSON.
        file: what errors call the file.

    Raises:
        InputError: as `read_results`.
    """
    _check_version(values, file)
    plain = _plain(migrate(values), file)
    model = _model(plain.get("kind"), file)
    if not values.keys() & model.model_fields.keys():
        keys = ", ".join(map(str, values))
        rule = "has none of the keys of a results file"
        raise InputError(rule, file=file, found=keys or "{}", allowed=("kind",))
    while True:
        try:
            return model.model_validate(plain)
        except ValidationError as error:
            problems = list(_problems(error))
            nulls = {_entry(at) for at, problem in problems if _is_null(problem)}
            if not nulls:
                raise _wrong(*problems[0], file) from None
            for at in sorted(nulls, key=_last_first, reverse=True):
                _remove(plain, at)


def _no_run(place: Path) -> InputError:
    """What is wrong with a place without results: it does not exist, its run is not finished, or
    runs are below it."""
    if not place.exists():
        rule, near = "no such run folder; `arena runs` lists those below runs/", place.parent
    elif (state := read_state(place)) is not None:
        more = f"; to continue: {state.resume}" if state.resume and state.now != "running" else ""
        return InputError(f"not a finished run, but {state.now}{more}", found=str(place))
    else:
        rule, near = f"not a finished run: it holds no {FILE}", place
    return InputError(rule, found=str(place), allowed=tuple(map(str, _runs_below(near))))


def _runs_below(folder: Path) -> list[Path]:
    """The finished runs directly in a folder, the newest first, at most `_LISTED`."""
    try:
        files = [each / FILE for each in folder.iterdir() if (each / FILE).is_file()]
        files.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return [file.parent for file in files[:_LISTED]]


def _content(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from None
    except RecursionError:
        raise InputError("not valid JSON: nested too deeply", file=str(path)) from None
    except ValueError as error:  # invalid JSON, or bytes that are not UTF-8
        raise InputError(f"not valid JSON: {error}", file=str(path)) from None
    if not isinstance(values, dict):
        raise InputError("must hold a JSON object", file=str(path))
    return values


def _check_version(values: Mapping[str, Any], file: str | None) -> None:
    version = values.get("schema_version")
    if version is None:
        return
    if isinstance(version, bool) or not isinstance(version, int):
        raise InputError("must be a whole number", file, None, "schema_version", _shown(version))
    if version > SCHEMA_VERSION:
        rule = f"written by a newer version: this one reads results up to {SCHEMA_VERSION}"
        raise InputError(rule, file, None, "schema_version", str(version))


def _model(kind: object, file: str | None) -> type[Results]:
    name = "run" if kind is None else kind
    if not isinstance(name, str) or name not in MODELS:
        rule = "no such kind of results"
        raise InputError(rule, file, None, "kind", _shown(kind), tuple(MODELS))
    return MODELS[name]


def _plain(values: Mapping[str, Any], file: str | None) -> dict[str, Any]:
    try:
        return {key: _finite(value) for key, value in values.items()}
    except RecursionError:
        raise InputError("nested too deeply", file=file) from None


def _finite(value: Any) -> Any:
    """A copy with valid JSON values only: numbers that are not finite become null, and lone
    surrogates in text a question mark."""
    if isinstance(value, Mapping):
        return {_finite(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def _problems(error: ValidationError) -> Iterator[tuple[_Place, ErrorDetails]]:
    """Every problem with its place in the file; problems of a measure have their own error."""
    for problem in error.errors(include_url=False):
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, MisreadMeasureError):
            for at, inner in _problems(cause.error):
                yield (*problem["loc"], cause.name, *at), inner
        else:
            yield problem["loc"], problem


def _is_null(problem: ErrorDetails) -> bool:
    """Whether a value is null, or only makes no sense because a part of it is: hits among null
    prompts."""
    value = problem["input"]
    if problem["type"] == "value_error" and isinstance(value, Mapping):
        return None in value.values()
    return value is None and problem["type"] != "missing"


def _entry(place: _Place) -> _Place:
    """The innermost list entry around a place; the place itself if it is in no list."""
    last = max((at for at, key in enumerate(place) if isinstance(key, int)), default=len(place) - 1)
    return place[: last + 1]


def _last_first(place: _Place) -> list[tuple[bool, int, str]]:
    """A sort key for places: in reverse order, later entries of a list come before earlier ones."""
    return [(isinstance(k, int), k if isinstance(k, int) else 0, str(k)) for k in place]


def _remove(values: Any, place: _Place) -> None:
    for key in place[:-1]:
        values = values[key]
    del values[place[-1]]


def _wrong(place: _Place, problem: ErrorDetails, file: str | None) -> InputError:
    if problem["type"].startswith("recursion"):
        return InputError("nested too deeply", file=file)
    key = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in place).removeprefix(".")
    expected = problem.get("ctx", {}).get("expected")
    allowed = tuple(str(expected).replace(" or ", ", ").split(", ")) if expected else ()
    names = tuple(name.strip("'") for name in allowed)
    found = None if problem["type"] == "missing" else _shown(problem["input"])
    return InputError(_rule(problem["msg"]), file, None, key, found, names)


def _rule(message: str) -> str:
    return (
        message.replace("Input should be", "must be")
        .replace("a valid tuple", "a list")
        .replace("Field required", "is missing")
    )


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
