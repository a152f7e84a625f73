"""Choosing among a study's best: on other seeds than those it was searched on.

The best of many trials is best partly by luck (the winner's curse), so its search value says too
much, and so does, a little, the best of a few on the selection seeds.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack
from arena.search.judges import Judge
from arena.search.judging import Sighting, feasible
from arena.search.phases import Measure, on_validation
from arena.search.strategy import Moves
from arena.search.studies import facts_of


@dataclass(frozen=True)
class Candidate:
    """One of the best trials, on the selection seeds."""

    trial: FrozenTrial
    scenario: Scenario
    seen: list[Sighting]
    value: float
    feasible: bool


def best_trials(study: optuna.Study, k: int) -> list[FrozenTrial]:
    """The k best feasible trials by their first value, different in what they do, best first."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    kept = [trial for trial in done if feasible(facts_of(trial)["violations"])]
    if len(study.directions) > 1:
        front = {trial.number for trial in study.best_trials}
        kept = [trial for trial in kept if trial.number in front]
    sign = -1 if study.directions[0].name == "MAXIMIZE" else 1
    kept.sort(key=lambda trial: (sign * trial.values[0], trial.number))
    different: dict[str, FrozenTrial] = {}
    for trial in kept:
        different.setdefault(str(facts_of(trial)["changes"]), trial)
    return list(different.values())[:k]


def candidates(
    study: optuna.Study,
    scenario: Scenario,
    attack: Attack,
    moves: Moves,
    judge: Judge,
    measure: Measure,
) -> list[Candidate]:
    """The best trials measured on the selection seeds, best first there; none if no trial keeps
    all constraints."""
    base = on_validation(scenario, attack, attack.seeds.select)
    trials = {trial.number: trial for trial in best_trials(study, attack.best)}
    scenarios: dict[Hashable, Scenario] = {
        number: varied(base, moves.changes(trial.params), f"trial {number}")
        for number, trial in trials.items()
    }
    seen = measure(scenarios, attack.actor)
    found = [_candidate(trials[n], scenarios[n], seen[n], judge) for n in trials]
    sign = -1 if judge.directions[0] == "maximize" else 1
    return sorted(found, key=lambda each: (not each.feasible, sign * each.value))


def _candidate(
    trial: FrozenTrial, scenario: Scenario, seen: Sequence[Sighting], judge: Judge
) -> Candidate:
    kept = feasible(judge.constraints(seen, scenario))
    return Candidate(trial, scenario, list(seen), judge.values(seen, scenario)[0], kept)


def untuned(scenario: Scenario, attack: Attack, measure: Measure) -> dict[str, list[Sighting]]:
    """The scenario as it stands, on the search's and the selection's seeds, for comparison."""
    scenarios: dict[Hashable, Scenario] = {
        "search": on_validation(scenario, attack, attack.seeds.search),
        "select": on_validation(scenario, attack, attack.seeds.select),
    }
    return {str(k): v for k, v in measure(scenarios, attack.actor).items()}


def mean_of(seen: Sequence[Sighting], name: str) -> float:
    """The mean over seeds of one of a sighting's rates; what was not measured is left out."""
    values = [getattr(each, name) for each in seen]
    known: list[Any] = [value for value in values if value is not None]
    return fmean(known) if known else float("nan")
