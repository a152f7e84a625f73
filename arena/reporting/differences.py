"""What differs between two resolved scenarios, as dotted keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from arena.reporting.numbers import NONE


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Key, value in the first, value in the second, of every leaf that is not equal; an en dash
    where one has no such key. Keys are written as `--set` takes them: list entries that have
    names go by these (`actors.bard.poison.rate`), so their order does not count."""
    one, two = dict(_leaves("", first)), dict(_leaves("", second))
    keys = dict.fromkeys([*one, *two])
    return [
        (key, one.get(key, NONE), two.get(key, NONE))
        for key in keys
        if one.get(key) != two.get(key)
    ]


def _leaves(place: str, thing: Any) -> Iterator[tuple[str, str]]:
    """Dotted keys and the text of what stands there. A list of plain values is one leaf."""
    named = _by_name(thing)
    if isinstance(thing, Mapping) and thing:
        for key, value in thing.items():
            yield from _leaves(f"{place}.{key}" if place else str(key), value)
    elif named is not None:
        for name, value in named.items():
            rest = {key: each for key, each in value.items() if key != "name"}
            yield from _leaves(f"{place}.{name}", rest)
    else:
        yield place, _text(thing)


def _by_name(thing: Any) -> dict[str, Mapping[str, Any]] | None:
    """A list of entries with names of their own, by name; None for anything else."""
    if not isinstance(thing, list) or not thing:
        return None
    if not all(isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in thing):
        return None
    found = {each["name"]: each for each in thing}
    return found if len(found) == len(thing) else None


def _text(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    if isinstance(thing, list) and all(isinstance(each, int | float | str) for each in thing):
        return ", ".join(str(each) for each in thing)
    return json.dumps(thing, ensure_ascii=False)
