"""Rules for a suspect that somebody else made: nothing is planted, so nothing about planting may be
set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena.scenario import planting
from arena.scenario.problems import Violation
from arena.scenario.section import FOUND

if TYPE_CHECKING:
    from arena.scenario.sections import Sections

AXES = ("families", "sizes", "stages", "compositions", "methods", "payloads", "rates", "counts")
AS_IT_IS = "a published suspect is used as it is"


def _planting(scenario: Sections) -> Iterator[Violation]:
    for path in planting.given(scenario):
        rule = f"{AS_IT_IS}: nothing is planted"
        yield Violation(path, rule, None, ("leave it out",))


def _composition(scenario: Sections) -> Iterator[Violation]:
    if scenario.composition != FOUND:
        rule = f"{AS_IT_IS}, so how its backdoors came together is no choice"
        yield Violation(("composition",), rule, scenario.composition, (FOUND, "leave it out"))


def _grid(scenario: Sections) -> Iterator[Violation]:
    """The other axes, and settings such as `model.suspect`, are free to vary."""
    for axis in AXES:
        if getattr(scenario.grid, axis):
            rule = f"{AS_IT_IS}: this axis would change how it was made"
            allowed = ("learning_rates", "steps", "settings")
            yield Violation(("grid", axis), rule, None, allowed)


def _compute(scenario: Sections) -> Iterator[Violation]:
    """Nobody knows how much compute made the suspect."""
    places = [("defender",), *(("league", index) for index in range(len(scenario.league)))]
    for place, defence in zip(places, scenario.defences.values(), strict=False):
        if defence.compute is not None:
            rule = "is a share of the suspect's training, which is unknown: set `steps`"
            yield Violation((*place, "compute"), rule, f"{defence.compute:g}", ("null",))


def _reference(scenario: Sections) -> Iterator[Violation]:
    """Without the reference every rate would count as caused by the backdoor; with a wrong one,
    even more so. Its absence is therefore said in the scenario."""
    suspect = scenario.suspect
    if suspect is None or suspect.clean is not None:
        return
    if scenario.controls.reference:
        rule = (
            "needs a checkpoint that was never poisoned: name one (model.reference), or measure "
            "without one, so that every floor is 0"
        )
        yield Violation(("controls", "reference"), rule, "true", ("false",))
    places = [("defender",), *(("league", index) for index in range(len(scenario.league)))]
    for place, defence in zip(places, scenario.defences.values(), strict=False):
        if defence.objective.part_class.needs_base:
            rule = "needs a clean base: name one (model.reference)"
            yield Violation((*place, "objective", "method"), rule, defence.objective.name)


RULES = (_planting, _composition, _grid, _compute, _reference)
