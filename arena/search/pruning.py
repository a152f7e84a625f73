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
    if prunes and criteria.faces_defender and has_first_rung(scenario, actor):
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
        values: Sequence[float],
        constraints: Constraints,
    ) -> str | None:
        """Return why to prune a trial; None to continue.

        A constraint violated in one seed stays violated, and the worst case over the removals can
        only fall within a seed. (A mean can rise: there the first rung measures the removal that
        has been nearest the mean so far.)

        Args:
            seen: of the seeds that were measured in full; empty after the first rung.
        """
        single, step = len(values) == 1, len(seen)
        if single and not self._reported(trial, step):
            trial.report(values[0], step=step)  # what the sampler learns of a pruned trial
        if not feasible(constraints):
            return violation(constraints)
        if single and not step and values[0] < self._median():
            return "after one removal in one seed already below the median strategy"
        if step and self.race is not None:
            return self._lost(trial.number, seen, self.race)
        return None

    def _lost(self, number: int, seen: Sequence[Observation], race: Race) -> str | None:
        """Why a strategy is out of the race; None if it may still be the best."""
        sign = sign_of(self.criteria)
        known = standing(
            {
                each: {s.seed: sign * self.criteria.value(s) for s in values}
                for each, values in {**self._measured(len(seen[0].left)), number: seen}.items()
            }
        )
        chance = known.beats(number, known.leader)
        if known.leader == number or chance >= race.dropped:
            return None
        seeds = f"{len(seen)} seed{'s' if len(seen) > 1 else ''}"
        return f"its chance to beat trial {known.leader} is {chance:.2f} after {seeds}"

    def _measured(self, removals: int) -> dict[int, Sequence[Observation]]:
        """Observations of the finished trials that kept every constraint, by number."""
        ended = self.study.get_trials(deepcopy=False, states=ENDED)
        known = {trial.number: studies.feasible_in_full(trial, removals) for trial in ended}
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
