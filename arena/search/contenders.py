"""The report of a search: strategies side by side on fresh seeds and unseen prompts, against the
defender that was searched on and one that was not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, Disclosed
from arena.search.judging import (
    Sighting,
    feasible,
    is_installed,
    red_constraints,
    says_nothing,
)
from arena.search.phases import Measure, on_test
from arena.statistics.comparison import SAYS, side
from arena.statistics.intervals import Estimate, over_seeds, rate_over_seeds

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
    measure: Measure,
) -> list[Contender]:
    """The contenders with what they come to on the report's seeds."""
    scenarios: dict[Hashable, Scenario] = {}
    for each in contenders:
        for defender, more in ((SEEN, {}), (UNSEEN, unseen)):
            changes = {**each.changes, **more}
            name = f"report of {each.name}"
            scenarios[each.name, defender] = on_test(scenario, attack.seeds.report, changes, name)
    seen = measure(scenarios, attack.actor)
    return [
        Contender(**{**vars(each), "report": {d: seen[each.name, d] for d in (SEEN, UNSEEN)}})
        for each in contenders
    ]


def contender_json(each: Contender, scenario: Scenario, attack: Attack) -> dict[str, Any]:
    """One row of the report; only `report` and `unseen` count as results, and of them the seeds
    that say something (`says_nothing`)."""
    seen, unseen = each.report[SEEN], each.report[UNSEEN]
    own = varied(scenario, each.changes, each.name)
    kept = [feasible(red_constraints([s], own, attack)) for s in seen]
    installed = [is_installed(s, scenario.thresholds) for s in seen]

    telling, telling_unseen = (
        [s for s in sightings if says_nothing(s, scenario, attack) is None]
        for sightings in (seen, unseen)
    )
    return {
        "name": each.name,
        "trial": each.trial,
        "setup": each.setup,
        "tactics": each.changes.get(f"actors.{attack.actor}.tactics", []),
        "search": estimate(each.search, attack.disclosed),
        "select": estimate(each.select, attack.disclosed),
        "report": estimate(telling, attack.disclosed),
        "unseen": estimate(telling_unseen, attack.disclosed),
        "report_seeds": len(telling),
        "unseen_seeds": len(telling_unseen),
        "control": controls(seen),
        "control_unseen": controls(unseen),
        "own_left": rate_over_seeds(s.own_left for s in seen).to_json(),
        "own_left_unseen": rate_over_seeds(s.own_left for s in unseen).to_json(),
        "defended_loss": over_seeds((s.defended_loss for s in seen), "graded").to_json(),
        "near_miss": rate_over_seeds(max(s.near_miss, 0.0) for s in seen).to_json(),
        "clean_accuracy": over_seeds((s.accuracy for s in seen), "graded").to_json(),
        "installed": sum(installed),
        "feasible": sum(kept),
        "seeds": len(seen),
    }


def difference(
    one: Contender, other: Contender, defender: str, scenario: Scenario, attack: Attack
) -> dict[str, Any]:
    """What one strategy keeps more than another, seed by seed; seeds in which either says nothing
    are left out."""
    per_seed: dict[int, float] = {}
    left_out: dict[str, str] = {}
    for a, b in zip(one.report[defender], other.report[defender], strict=True):
        found = (
            (each.name, says_nothing(s, scenario, attack)) for each, s in ((one, a), (other, b))
        )
        why = "; ".join(f"{name} {reason}" for name, reason in found if reason)
        if why:
            left_out[str(a.seed)] = why
        else:
            per_seed[a.seed] = a.value(attack.disclosed) - b.value(attack.disclosed)
    return {
        "of": one.name,
        "against": other.name,
        "defender": defender,
        "difference": over_seeds(per_seed.values(), "difference").to_json(),
        "per_seed": [round(value, 4) for value in per_seed.values()],
        "seeds": list(per_seed),
        "left_out": left_out,
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
