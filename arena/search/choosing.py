"""Selection among a study's best trials, on other seeds than the search's.

The best of many trials is best partly by luck (the winner's curse), so its search value is
optimistic; the value of the best of a few on the selection seeds is, too, though less.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import optuna
from optuna.trial import FrozenTrial

from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, Limits, Race
from arena.search.constraints import Constraints, feasible, judged
from arena.search.criteria import Criteria, sign_of
from arena.search.observations import Observation, SeedObservations
from arena.search.phases import Evaluate, on_validation
from arena.search.racing import Standing, pair_to_measure, standing
from arena.search.strategy_spaces import StrategySpace
from arena.search.studies import completed, outcome_of
from arena.search.trial_outcome import TrialOutcome

FIRST = 2  # selection seeds of every candidate in a race


@dataclass(frozen=True)
class RankedTrial:
    """One of the best trials with its observations, first objective and constraints on the
    selection seeds. failed: why it could not be measured in a seed."""

    trial: FrozenTrial
    scenario: Scenario
    seen: list[Observation]
    value: float
    constraints: Constraints
    limits: Limits
    failed: Mapping[int, str] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Return whether every constraint is satisfied there, as far as is known."""
        return feasible(self.constraints)

    @property
    def judged(self) -> bool:
        """Return whether that is known: more seeds were measured than may break a limit."""
        spared = self.limits.spared(len(self.scenario.seeds))
        return len(self.seen) > spared or not self.feasible


def best_trials(study: optuna.Study, k: int) -> list[FrozenTrial]:
    """Return the k best feasible trials by their first objective, best first; of several objectives
    only those on the Pareto front. Trials with the same strategy count once."""
    done = completed(study)
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


@dataclass(frozen=True)
class Ranking:
    """The best trials, best first: feasible ones, then the others. error: chance that another of
    the feasible ones is better than the first; None if there is none, or without a race."""

    candidates: tuple[RankedTrial, ...] = ()
    error: float | None = None


def candidates(
    study: optuna.Study,
    scenario: Scenario,
    attack: Attack,
    space: StrategySpace,
    criteria: Criteria,
    evaluate: Evaluate,
) -> Ranking:
    """Return the best trials ranked on the selection seeds.

    In a race (`attack.race`) every candidate is measured on `FIRST` seeds, then the leader and the
    one most likely to overtake it on further ones, until the error of the choice is small or these
    two have had all seeds; the winner is then measured on all of them.
    """
    base = on_validation(scenario, attack, attack.seeds.select)
    trials = {trial.number: trial for trial in best_trials(study, attack.best)}
    scenarios = {
        number: varied(base, space.changes(trial.params), f"trial {number}")
        for number, trial in trials.items()
    }
    bench = _Bench(scenarios, attack, criteria, evaluate)
    error = bench.measure(attack.race)
    effect, sign = bench.effects(), sign_of(criteria)
    ranked = [_candidate(trials[n], scenarios[n], bench, criteria, attack.limits) for n in trials]

    def worth(each: RankedTrial) -> tuple[bool, float]:
        return each.feasible, effect.get(each.trial.number, sign * each.value)

    return Ranking(tuple(sorted(ranked, key=worth, reverse=True)), error)


def _candidate(
    trial: FrozenTrial,
    scenario: Scenario,
    bench: _Bench,
    criteria: Criteria,
    limits: Limits,
) -> RankedTrial:
    """A candidate as it was measured. One that failed in a seed is infeasible, and without any
    observation worse than all others."""
    seen, failed = bench.seen[trial.number], bench.failed[trial.number]
    constraints = judged(SeedObservations(tuple(seen), failed), criteria.constraints, scenario)
    value = criteria.values(seen, scenario)[0] if seen else -sign_of(criteria) * math.inf
    return RankedTrial(trial, scenario, list(seen), value, constraints, limits, failed)


class _Bench:
    """Where candidates are measured. seen: their observations, by trial. failed: why a seed could
    not be measured, by trial and seed."""

    def __init__(
        self,
        scenarios: Mapping[int, Scenario],
        attack: Attack,
        criteria: Criteria,
        evaluate: Evaluate,
    ) -> None:
        self._scenarios, self._attack = scenarios, attack
        self._criteria, self._evaluate = criteria, evaluate
        self.seen: dict[int, list[Observation]] = {number: [] for number in scenarios}
        self.failed: dict[int, dict[int, str]] = {number: {} for number in scenarios}

    def measure(self, race: Race | None) -> float | None:
        """Measure all candidates, and return the error of the choice."""
        if race is None:
            self._more({number: self._left(number) for number in self._scenarios})
            return None
        self._more({number: self._left(number)[:FIRST] for number in self._scenarios})
        while (known := self._standing()) is not None:
            full = [number for number in known.names if not self._left(number)]
            pair = pair_to_measure(known, full)
            if not pair or known.error_of_choice() <= race.error:
                if not self._left(known.leader):
                    return known.error_of_choice()
                pair = (known.leader,)
            self._more({number: self._left(number)[:1] for number in pair})
        return None

    def effects(self) -> dict[int, float]:
        """Return what is known of the feasible candidates' effects; larger is better. Where all
        were measured on the same seeds, their order is that of their means."""
        known = self._standing()
        return {} if known is None else dict(zip(known.names, map(float, known.mean), strict=True))

    def _left(self, number: int) -> list[int]:
        """The selection seeds on which a candidate was not measured yet; one that failed gets no
        more."""
        if self.failed[number]:
            return []
        done = {each.seed for each in self.seen[number]}
        return [seed for seed in self._attack.seeds.select if seed not in done]

    def _more(self, wanted: Mapping[int, Sequence[int]]) -> None:
        asked: dict[Hashable, Scenario] = {
            number: varied(self._scenarios[number], {"seeds": list(seeds)}, f"trial {number}")
            for number, seeds in wanted.items()
            if seeds
        }
        for number, measured in self._evaluate(asked, self._attack.actor).items():
            assert isinstance(number, int)
            self.seen[number] += measured.seen
            self.failed[number] |= measured.failed

    def _standing(self) -> Standing[int] | None:
        """What is known of the candidates that kept every constraint so far; None if none did."""
        sign = sign_of(self._criteria)
        values = {
            number: {each.seed: sign * self._criteria.value(each) for each in seen}
            for number, seen in self.seen.items()
            if not self.failed[number]
            and feasible(self._criteria.constraints(seen, self._scenarios[number]))
        }
        return standing(values) if values else None


def untuned(scenario: Scenario, attack: Attack, evaluate: Evaluate) -> dict[str, list[Observation]]:
    """Return observations of the scenario without a tuned strategy, on the `search` and the
    `select` seeds, for comparison."""
    scenarios: dict[Hashable, Scenario] = {
        "search": on_validation(scenario, attack, attack.seeds.search),
        "select": on_validation(scenario, attack, attack.seeds.select),
    }
    measured = evaluate(scenarios, attack.actor)
    return {str(phase): list(each.seen) for phase, each in measured.items()}


def mean_of(observations: Sequence[Observation], name: str) -> float:
    """Return the mean over seeds of an observation's field, without those that are None; NaN if all
    are."""
    values = [getattr(each, name) for each in observations]
    known = [float(value) for value in values if value is not None]
    return fmean(known) if known else float("nan")
