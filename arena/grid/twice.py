"""Whether two folders' records of one seed have the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from arena.results.seed_record import SeedRecord
from arena.store.store import files_of

# What differs between machines and from run to run, even for the same work.
BY_NATURE = {"code", "environment", "stages"}


def difference(one: SeedRecord, other: SeedRecord) -> str | None:
    """Return in words the first value in which two records of one seed differ; None if they differ
    at most in seconds, environment and code."""
    return next(_unequal(_content(one), _content(other), ""), None)


def _content(record: SeedRecord) -> dict[str, Any]:
    plain = record.model_dump(mode="json", exclude=BY_NATURE)
    for row in plain["rows"]:
        del row["seconds"]
    for reading in plain["readings"]:
        facts = files_of(Path(reading.pop("folder")))
        reading["files"] = {name: each["sha256"] for name, each in facts.items()}
    return plain


def _unequal(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _unequal(one.get(key), other.get(key), f"{path}.{key}".removeprefix("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _unequal(mine, theirs, f"{path}[{number}]")
    elif one != other:
        yield f"{path} is {_short(one)} and {_short(other)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
