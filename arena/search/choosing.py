"""Selection among a study's best trials, on other seeds than the search's.

The best of many trials is best partly by luck (the winner's curse), so its search value is
optimistic; the value of the best of a few on the selection seeds is, too, though less.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean

import optuna
from optuna.trial import FrozenTrial, TrialState

from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack
from arena.search.constraints import Constraints, feasible
from arena.search.criteria import Criteria
from arena.search.observations import Observation
from arena.search.phases import Evaluate, on_validation
from arena.search.strategy_spaces import StrategySpace
from arena.search.studies import outcome_of
from arena.search.trial_outcome import TrialOutcome


@dataclass(frozen=True)
class RankedTrial:
    """One of the best trials with its observations, first objective and constraints on the
    selection seeds."""

    trial: FrozenTrial
    scenario: Scenario
    seen: list[Observation]
    value: float
    constraints: Constraints

    @property
    def feasible(self) -> bool:
        """Return whether every constraint is satisfied there."""
        return feasible(self.constraints)


def best_trials(study: optuna.Study, k: int) -> list[FrozenTrial]:
    """Return the k best feasible trials by their first objective, best first; of several objectives
    only those on the Pareto front. Trials with the same strategy count once."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    outcomes = {trial.number: outcome_of(trial) or TrialOutcome() for trial in done}
    kept = [trial for trial in done if outcomes[trial.number].feasible]
    if len(study.directions) > 1:
        front = {trial.number for trial in study.best_trials}
        kept = [trial for trial in kept if trial.number in front]
    sign = -1 if study.directions[0].name == "MAXIMIZE" else 1
    kept.sort(key=lambda trial: (sign * trial.values[0], trial.number))
    different: dict[str, FrozenTrial] = {}
    for trial in kept:
        different.setdefault(str(outcomes[trial.number].changes), trial)
    return list(different.values())[:k]


def candidates(
    study: optuna.Study,
    scenario: Scenario,
    attack: Attack,
    space: StrategySpace,
    criteria: Criteria,
    evaluate: Evaluate,
) -> list[RankedTrial]:
    """Return the best trials ranked on the selection seeds, feasible ones first; empty if no trial
    satisfies all constraints."""
    base = on_validation(scenario, attack, attack.seeds.select)
    trials = {trial.number: trial for trial in best_trials(study, attack.best)}
    scenarios: dict[Hashable, Scenario] = {
        number: varied(base, space.changes(trial.params), f"trial {number}")
        for number, trial in trials.items()
    }
    seen = evaluate(scenarios, attack.actor)
    ranked = [_candidate(trials[n], scenarios[n], seen[n], criteria) for n in trials]
    sign = -1 if criteria.directions[0] == "maximize" else 1
    return sorted(ranked, key=lambda each: (not each.feasible, sign * each.value))


def _candidate(
    trial: FrozenTrial, scenario: Scenario, seen: Sequence[Observation], criteria: Criteria
) -> RankedTrial:
    constraints = criteria.constraints(seen, scenario)
    value = criteria.values(seen, scenario)[0]
    return RankedTrial(trial, scenario, list(seen), value, constraints)


def untuned(scenario: Scenario, attack: Attack, evaluate: Evaluate) -> dict[str, list[Observation]]:
    """Return observations of the scenario without a tuned strategy, on the `search` and the
    `select` seeds, for comparison."""
    scenarios: dict[Hashable, Scenario] = {
        "search": on_validation(scenario, attack, attack.seeds.search),
        "select": on_validation(scenario, attack, attack.seeds.select),
    }
    return {str(phase): seen for phase, seen in evaluate(scenarios, attack.actor).items()}


def mean_of(observations: Sequence[Observation], name: str) -> float:
    """Return the mean over seeds of an observation's field, without those that are None; NaN if all
    are."""
    values = [getattr(each, name) for each in observations]
    known = [float(value) for value in values if value is not None]
    return fmean(known) if known else float("nan")
