"""The report of a search: strategies side by side on fresh seeds and unseen prompts, against the
defender that was searched on and one that was not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arena.roles import DataRoot
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, Disclosed
from arena.search.crew import Crew
from arena.search.judging import Sighting, feasible, red_constraints
from arena.search.phases import on_test, seen_in
from arena.statistics.intervals import Estimate, over_seeds, rate_over_seeds
from arena.statistics.seedrows import at_least
from arena.statistics.sides import SAYS, side

SEEN, UNSEEN = "seen", "unseen"


@dataclass(frozen=True)
class Contender:
    """A strategy. trial: its number in its study, None for one that was not searched. changes:
    keys of the scenario. search, select: what it came to on those seeds, empty if not measured."""

    name: str
    trial: int | None
    changes: Mapping[str, Any]
    setup: str
    search: Sequence[Sighting] = ()
    select: Sequence[Sighting] = ()
    report: Mapping[str, Sequence[Sighting]] = field(default_factory=dict)  # by defender


def reported(
    contenders: Sequence[Contender],
    scenario: Scenario,
    attack: Attack,
    unseen: Mapping[str, Any],
    crew: Crew,
    root: DataRoot,
) -> list[Contender]:
    """The contenders with what they come to on the report's seeds."""
    scenarios: dict[Hashable, Scenario] = {}
    for each in contenders:
        for defender, more in ((SEEN, {}), (UNSEEN, unseen)):
            changes = {**each.changes, **more}
            name = f"report of {each.name}"
            scenarios[each.name, defender] = on_test(scenario, attack.seeds.report, changes, name)
    seen = seen_in(scenarios, attack.actor, crew, root)
    return [
        Contender(**{**vars(each), "report": {d: seen[each.name, d] for d in (SEEN, UNSEEN)}})
        for each in contenders
    ]


def contender_json(each: Contender, scenario: Scenario, attack: Attack) -> dict[str, Any]:
    """One row of the report; only `report` and `unseen` count as results."""
    seen = each.report[SEEN]
    thresholds = scenario.thresholds
    own = varied(scenario, each.changes, each.name)
    kept = [feasible(red_constraints([s], own, attack)) for s in seen]
    installed = [
        at_least(s.asr, thresholds.installed_asr)
        and at_least(thresholds.installed_false_fire, s.false_fire)
        for s in seen
    ]
    return {
        "name": each.name,
        "trial": each.trial,
        "setup": each.setup,
        "tactics": each.changes.get(f"actors.{attack.actor}.tactics", []),
        "search": estimate(each.search, attack.disclosed),
        "select": estimate(each.select, attack.disclosed),
        "report": estimate(seen, attack.disclosed),
        "unseen": estimate(each.report[UNSEEN], attack.disclosed),
        "control": controls(seen),
        "control_unseen": controls(each.report[UNSEEN]),
        "own_left": rate_over_seeds(s.own_left for s in seen).to_json(),
        "defended_loss": over_seeds((s.defended_loss for s in seen), "graded").to_json(),
        "near_miss": rate_over_seeds(max(s.near_miss, 0.0) for s in seen).to_json(),
        "clean_accuracy": over_seeds((s.accuracy for s in seen), "graded").to_json(),
        "installed": sum(installed),
        "feasible": sum(kept),
        "seeds": len(seen),
    }


def difference(
    one: Contender, other: Contender, defender: str, disclosed: Disclosed
) -> dict[str, Any]:
    """What one strategy keeps more than another, seed by seed."""
    pairs = zip(one.report[defender], other.report[defender], strict=True)
    per_seed = [a.value(disclosed) - b.value(disclosed) for a, b in pairs]
    return {
        "of": one.name,
        "against": other.name,
        "defender": defender,
        "difference": over_seeds(per_seed, "difference").to_json(),
        "per_seed": [round(value, 4) for value in per_seed],
    }


def verdict(differences: Sequence[Mapping[str, Any]]) -> str:
    """In words: where the difference lies, or why nothing is claimed."""
    told = []
    for each in differences:
        found = each["difference"]
        which, why = side(found["low"], found["high"], len(each["per_seed"]))
        rival = f"{each['against']} ({each['defender']} defender)"
        told.append(f"{each['of']} {SAYS[which]} {rival}{f': {why}' if why else ''}")
    return "; ".join(told)


def estimate(seen: Sequence[Sighting], disclosed: Disclosed) -> dict[str, float | None]:
    """Mean and interval over seeds of what is left."""
    found = rate_over_seeds(s.value(disclosed) for s in seen) if seen else Estimate()
    return found.to_json()


def controls(seen: Sequence[Sighting]) -> dict[str, float | None]:
    """Mean and interval over seeds of the ASR under the clean fine-tune."""
    return rate_over_seeds(s.control for s in seen).to_json()
