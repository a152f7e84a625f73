"""The scenarios of a search's phases, and measuring many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from arena.api.values import Row
from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack
from arena.search.driver import POLL, sightings
from arena.search.experiment import Ask
from arena.search.judging import Sighting
from arena.search.workers import Crew

Measure = Callable[[Mapping[Hashable, Scenario], str], dict[Hashable, list[Sighting]]]

# A search asks for the rows that it is judged by and for nothing else.
BARE: dict[str, Any] = {
    "tune": None,
    "duel": None,
    "grid": {},
    "league": [],
    "measures": {},
    "controls.clean_finetune": True,
    "controls.shams": 0,
    "controls.reference": True,
}


def on_validation(scenario: Scenario, attack: Attack, seeds: Sequence[int]) -> Scenario:
    """What strategies are searched and chosen on: prompts that no report shows."""
    changes = {
        **BARE,
        "seeds": list(seeds),
        "evaluation.split": "validation",
        "evaluation.prompts": attack.prompts,
    }
    return varied(scenario, changes, f"search of {scenario.name}")


def on_test(
    scenario: Scenario, seeds: Sequence[int], changes: Mapping[str, Any], name: str
) -> Scenario:
    """What a strategy is reported on."""
    fixed = {**BARE, "seeds": list(seeds), "evaluation.split": "test"}
    return varied(scenario, {**fixed, **changes}, name)


def seen_in(
    scenarios: Mapping[Hashable, Scenario],
    actor: str,
    crew: Crew,
    root: DataRoot,
    note: Callable[[str], None],
) -> dict[Hashable, list[Sighting]]:
    """Every scenario measured in all its seeds, several at a time; each that is done is noted.

    Raises:
        ArenaError: a stage failed; what finished stays in the store.
    """
    found: dict[Hashable, dict[int, list[Row]]] = {key: {} for key in scenarios}
    for key, scenario in scenarios.items():
        for seed in scenario.seeds:
            crew.ask((key, seed), Ask(scenario, seed, root, actor))
    left = {(key, seed) for key, scenario in scenarios.items() for seed in scenario.seeds}
    while left:
        for answer in crew.wait(POLL):
            if answer.key not in left:
                continue  # of a trial that failed before it had come in
            if answer.rows is None:
                raise answer.error or ArenaError("an answer without rows")
            asked: tuple[Hashable, int] = answer.key
            found[asked[0]][asked[1]] = answer.rows
            left.remove(asked)
            scenario = scenarios[asked[0]]
            if len(found[asked[0]]) == len(scenario.seeds):
                done = sum(len(found[key]) == len(scenarios[key].seeds) for key in scenarios)
                note(f"{_called(asked[0])}: measured ({done} of {len(scenarios)})")
    return {key: sightings(found[key], scenarios[key], actor) for key in scenarios}


def _called(key: Hashable) -> str:
    """A strategy in words: a trial's number, a name, or one against another."""
    if isinstance(key, tuple):
        return " against ".join(str(each) for each in key)
    return f"trial {key}" if isinstance(key, int) else str(key)
