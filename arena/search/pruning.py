"""What a trial measures step by step (rungs), and when it ends before it was measured on all
seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import optuna
from optuna.trial import TrialState

from arena.scenario.schema import Scenario
from arena.scenario.search import Race
from arena.search import studies
from arena.search.constraints import Constraints, feasible, violated
from arena.search.criteria import Criteria, sign_of
from arena.search.experiment import Scope, has_first_rung
from arena.search.observations import Observation
from arena.search.racing import standing

WARM_UP = 8  # finished trials before the median is meaningful
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)

Rung = tuple[Scope, tuple[int, ...]]  # what a trial measures before the next decision; its seeds


def rungs(
    scenario: Scenario, actor: str, criteria: Criteria, *, prunes: bool, races: bool
) -> list[Rung]:
    """Return a trial's rungs: all seeds at once, or in a race one after another. If it may be
    pruned, one disclosed trigger in the first seed comes before, unless its removal says nothing
    about the value, which is under other defences."""
    seeds = [(seed,) for seed in scenario.seeds] if races else [scenario.seeds]
    whole: list[Rung] = [("all", each) for each in seeds]
    if prunes and criteria.faces_defender and has_first_rung(scenario, actor, len(whole[0][1])):
        return [("first", scenario.seeds[:1]), *whole]
    return whole


@dataclass(frozen=True)
class Pruning:
    """Decides after a rung that is not the last. race: None without one."""

    study: optuna.Study
    criteria: Criteria
    race: Race | None

    def reason(
        self,
        trial: optuna.Trial,
        seen: Sequence[Observation],
        whole: bool,
        values: Sequence[float],
        constraints: Constraints,
    ) -> str | None:
        """Return why to prune a trial; None to continue.

        A constraint violated in more seeds than may break it stays violated, and the worst case
        over the removals can only fall within a seed. (A mean can rise: there the first rung
        measures the removal that has been nearest the mean so far.)

        Args:
            seen: of the rungs so far: of the seeds that were measured in full, or after the first
                rung of one removal.
            whole: whether they were measured in full.
        """
        single, step = len(values) == 1, len(seen) if whole else 0
        if single and not self._reported(trial, step):
            trial.report(values[0], step=step)  # what the sampler learns of a pruned trial
        if not feasible(constraints):
            return violation(constraints)
        if self.race is not None:
            return self._lost(trial.number, seen, whole, self.race)
        if single and not step and values[0] < self._median():
            return "after one removal in one seed already below the median strategy"
        return None

    def _lost(
        self, number: int, seen: Sequence[Observation], whole: bool, race: Race
    ) -> str | None:  # fmt: skip
        """Why a strategy is out of the race; None if it may still be the best. One removal counts
        for its seed only where the others can but make that seed's value worse."""
        if not (whole or self.criteria.worsens):
            return None
        sign = sign_of(self.criteria)
        known = standing(
            {
                each: {s.seed: sign * self.criteria.value(s) for s in values}
                for each, values in {**self._measured(), number: seen}.items()
            }
        )
        chance = known.beats(number, known.leader)
        if known.leader == number or chance >= race.dropped:
            return None
        seeds = f"{len(seen)} seed{'s' if len(seen) > 1 else ''}"
        after = seeds if whole else "one removal in one seed"
        return f"its chance to beat trial {known.leader} is {chance:.2f} after {after}"

    def _measured(self) -> dict[int, Sequence[Observation]]:
        """Observations of the finished trials that kept every constraint, by number; those of one
        removal only are left out. (Such a trial kept every constraint only if it lost the race
        there, which it can where further removals make a value worse. Elsewhere strategies may
        differ in their number of removals, as blue's in a duel do.)"""
        ended = self.study.get_trials(deepcopy=False, states=ENDED)
        known = {trial.number: studies.feasible_observations(trial) for trial in ended}
        if self.criteria.worsens:
            removals = max((len(s.left) for seen in known.values() for s in seen), default=0)
            known = {n: [s for s in seen if len(s.left) == removals] for n, seen in known.items()}
        return {number: seen for number, seen in known.items() if seen}

    def _median(self) -> float:
        """The median final value of the completed trials. Optuna's median pruner compares with
        their first rungs instead; where one removal is easy to survive, these are all near 1, and
        half of the best trials would be pruned."""
        values = [trial.values[0] for trial in studies.completed(self.study)]
        return median(values) if len(values) >= WARM_UP else -math.inf

    def _reported(self, trial: optuna.Trial, step: int) -> bool:
        """Whether an earlier driver already reported this rung."""
        stored = self.study.get_trials(deepcopy=False)[trial.number]
        return step in stored.intermediate_values


def violation(constraints: Constraints) -> str:
    """Return which constraints are violated, in words."""
    return "violates " + ", ".join(violated(constraints))
