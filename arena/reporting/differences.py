"""What differs between two resolved scenarios, as dotted keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from arena.results.numbers import NONE

Json = Mapping[str, JsonValue]


def differences(first: Json, second: Json) -> list[tuple[str, str, str]]:
    """Return the key and both values of every leaf that differs; an en dash if one has no such key.
    Keys are written as `--set` takes them: named list entries are keyed by their names
    (`actors.bard.poison.rate`), so their order does not matter."""
    one, two = dict(_leaves("", dict(first))), dict(_leaves("", dict(second)))
    keys = dict.fromkeys([*one, *two])
    return [
        (key, one.get(key, NONE), two.get(key, NONE))
        for key in keys
        if one.get(key) != two.get(key)
    ]


def _leaves(place: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Dotted keys with their values as text. A list of plain values is one leaf."""
    entries = _by_name(value)
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(f"{place}.{key}" if place else key, inner)
    elif entries is not None:
        for name, entry in entries.items():
            rest = {key: inner for key, inner in entry.items() if key != "name"}
            yield from _leaves(f"{place}.{name}", rest)
    else:
        yield place, _text(value)


def _by_name(value: JsonValue) -> dict[str, dict[str, JsonValue]] | None:
    """A list of named entries, by name; None for anything else."""
    if not isinstance(value, list) or not value:
        return None
    entries: dict[str, dict[str, JsonValue]] = {}
    for entry in value:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(name, str):
            return None
        entries[name] = entry
    return entries if len(entries) == len(value) else None


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, int | float | str) for each in value):
        return ", ".join(str(each) for each in value)
    return json.dumps(value, ensure_ascii=False)
