"""What the values of a grid's axes set in the scenario, for readers who see their names only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from arena.reporting.strategies import settings
from arena.reporting.wording import words
from arena.results.stress import StressResults


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A value of an axis, with the keys of the scenario that it sets (`key=value`)."""

    axis: str
    value: str
    sets: list[str]


def value_lines(results: StressResults) -> list[ValueLine]:
    """Return every named value of the grid's axes, in the order of the scenario. Axes that list
    plain values, such as families, are not among them: these speak for themselves."""
    return [
        ValueLine(words(axis), words(value.get("name")), settings(changes))
        for axis, values in results.scenario.section("grid", "settings").items()
        for value in _mappings(values)
        if isinstance(changes := value.get("set"), Mapping) and changes
    ]


def _mappings(values: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    listed = values if isinstance(values, list) else []
    return (each for each in listed if isinstance(each, Mapping))
