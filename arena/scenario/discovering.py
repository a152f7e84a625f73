"""Which discovery an actor is judged by: that of the measure `discovered`, or of a defence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arena.scenario.defence import Defence
from arena.scenario.keys import KeyPath
from arena.scenario.parts import Part
from arena.scenario.problems import Violation

if TYPE_CHECKING:
    from arena.scenario.sections import Sections

DISCOVERED = "discovered"  # the measure
EXAMPLES: int = Defence.model_fields["examples"].default
NEEDED = (
    "measures: {discovered: {discovery: {method: collapse}}}",
    "a defence with intelligence: discovered",
)


@dataclass(frozen=True)
class Discovering:
    """A search for triggers. examples: clean prompts that it searches in."""

    part: Part
    examples: int

    def dump(self) -> dict[str, Any]:
        """Return the parameters with which the measure makes this search, as in YAML."""
        return {"discovery": self.part.dump(), "examples": self.examples}


def possible(scenario: Sections) -> list[Discovering]:
    """Return the searches that actors may be judged by: the measure's own, or else the different
    ones of all defences."""
    sections = (part.params for part in scenario.measures.parts if part.name == DISCOVERED)
    own: Any = next(sections, None)
    examples = None if own is None else own.examples
    if own is not None and own.discovery is not None:
        return [Discovering(own.discovery, examples or EXAMPLES)]
    searches: list[Discovering] = []
    for defence in scenario.defences.values():
        if defence.discovery is not None:
            search = Discovering(defence.discovery, examples or defence.examples)
            searches += [search] if search not in searches else []
    return searches


def problems(scenario: Sections) -> Iterator[Violation]:
    """Yield why it is not clear which discovery actors are judged by, where they are."""
    place = next(_asking(scenario), None)
    if place is None:
        return
    searches = possible(scenario)
    if not searches:
        rule = "needs a discovery, and no defence of the scenario searches for triggers"
        yield Violation(place, rule, allowed=NEEDED)
    elif len(searches) > 1:
        rule = f"the defences search for triggers in {len(searches)} ways: choose one"
        yield Violation(place, rule, allowed=NEEDED[:1])


def _asking(scenario: Sections) -> Iterator[KeyPath]:
    """The places that ask how well actors hide from a discovery."""
    for part in scenario.measures.parts:
        if "discovery" in part.part_class.needs:
            yield "measures", part.name
    for where, search in (("tune", scenario.tune), ("duel", scenario.duel)):
        if search is not None and search.limits.discovered is not None:
            yield where, "limits", DISCOVERED
    if scenario.tune is not None and DISCOVERED in scenario.tune.objectives:
        yield "tune", "objectives"
