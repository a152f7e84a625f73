"""arena/search/choosing.py: the best trials of a study, and the best of these on other seeds."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from arena.results.tune import TrialRecord
from arena.search.choosing import Ranking, best_trials, candidates, mean_of
from arena.search.criteria import AttackCriteria
from arena.search.observations import Observation, SeedObservations
from arena.search.strategy_spaces import TacticSpace
from arena.search.studies import FACTS, observations_of, remember
from arena.search.trial_outcome import TrialOutcome
from arena.search.tune_results import history
from tests.support.observations import observation, scenario

optuna.logging.set_verbosity(optuna.logging.WARNING)


def study(*trials: tuple[Any, ...], directions: tuple[str, ...] = ("maximize",)) -> optuna.Study:
    """Trials as (values, violation, what it does[, state]); values may be one number."""
    made = optuna.create_study(directions=list(directions))
    for values, violation, does, *state in trials:
        listed = list(values) if isinstance(values, tuple) else [values]
        trial = create_trial(
            state=state[0] if state else TrialState.COMPLETE,
            values=listed,
            params={"x": float(does)},
            distributions={"x": FloatDistribution(0, 9)},
            user_attrs={
                FACTS: {
                    "violations": {"broad": violation},
                    "changes": {"does": does},
                    "seen": [observation(left=listed[0]).to_json()],
                }
            },
        )
        made.add_trial(trial)
    return made


def numbers(made: optuna.Study, k: int = 9) -> list[int]:
    return [trial.number for trial in best_trials(made, k)]


def test_the_best_feasible_trials_come_first() -> None:
    made = study((0.2, 0, 1), (0.9, 0.1, 2), (0.7, -1, 3), (0.5, 0, 4))
    assert numbers(made) == [2, 3, 0]
    assert numbers(made, 2) == [2, 3]
    low = study((0.2, 0, 1), (0.1, 1, 2), (0.7, 0, 3), directions=("minimize",))
    assert numbers(low) == [0, 2]


def test_what_is_infeasible_or_unfinished_is_never_chosen() -> None:
    assert numbers(study((0.9, 0.1, 1), (0.8, 1e-6, 2))) == []
    assert numbers(study((0.9, 0, 1, TrialState.PRUNED), (0.1, 0, 2))) == [1]


def test_the_same_strategy_is_chosen_once_and_of_equals_the_earlier() -> None:
    made = study((0.5, 0, 1), (0.7, 0, 2), (0.7, 0, 3), (0.9, 0, 1))
    assert numbers(made) == [3, 1, 2]


def test_of_several_objectives_only_the_front_is_chosen_from() -> None:
    made = study(
        ((0.9, 0.5), 0, 1), ((0.5, 0.1), 0, 2), ((0.4, 0.3), 0, 3),
        directions=("maximize", "minimize"),
    )  # fmt: skip
    assert numbers(made) == [0, 1]


def test_an_infeasible_trial_pushes_nobody_off_the_front() -> None:
    directions = ("maximize", "minimize")
    made = optuna.create_study(directions=list(directions))
    for values, violation in (([0.9, 0.1], 0.5), ([0.5, 0.2], -0.1), ([0.4, 0.3], -0.1)):
        trial = made.ask()
        outcome = TrialOutcome({"does": trial.number}, violations={"broad": violation})
        remember(trial, outcome)
        trial.set_constraint("broad", violation)
        made.tell(trial, values)
    assert numbers(made) == [1]


@pytest.mark.parametrize("k", [1, 4])
def test_candidates_are_ordered_by_the_selection_seeds(k: int) -> None:
    made = scenario("tune_evasion", f"tune.best={k}", "tune.race=null")
    settings = made.tune
    assert settings is not None
    on_selection = {
        0: observation(left=0.1),
        1: observation(left=0.8, control=0.1),
        2: observation(left=0.4),
    }
    selected: dict[Hashable, Any] = {}

    def measure(scenarios: Any, actor: str) -> dict[Hashable, SeedObservations]:
        selected.update(scenarios)
        return {number: SeedObservations((on_selection[number],)) for number in scenarios}

    class StrategySpace(TacticSpace):
        def changes(self, params: Any) -> dict[str, Any]:
            return {"description": f"x is {params['x']}"}

    ranking = candidates(
        study((0.9, 0, 1), (0.8, 0, 2), (0.7, 0, 3)), made, settings, StrategySpace(settings),
        AttackCriteria(settings), measure,
    )  # fmt: skip
    ranked = ranking.candidates
    assert ranking.error is None
    if k == 1:
        assert [each.trial.number for each in ranked] == [0]
        return
    assert [each.trial.number for each in ranked] == [2, 0, 1]  # the last is infeasible here
    assert [each.feasible for each in ranked] == [True, True, False]
    assert ranked[0].value == 0.4
    assert observations_of(ranked[0].trial)[0].value("worst") == 0.7
    for each in selected.values():
        assert each.seeds == settings.seeds.select
        assert (each.evaluation.split, each.evaluation.prompts) == ("validation", 128)


def test_what_was_not_measured_has_no_mean() -> None:
    assert mean_of([observation(control=0.4), observation(control=None)], "control") == 0.4
    assert math.isnan(mean_of([observation(control=None)], "control"))


def test_the_history_is_moved_by_feasible_complete_trials_only() -> None:
    trials = [
        TrialRecord(number=n, values=values, state=state, feasible=feasible)
        for n, (values, state, feasible) in enumerate(
            [((0.3,), "complete", True), ((0.9,), "complete", False), ((0.8,), "pruned", True),
             ((), "failed", False), ((0.5,), "complete", True)]
        )
    ]  # fmt: skip
    assert [each.best for each in history(trials, True)] == [0.3, 0.3, 0.3, 0.3, 0.5]
    assert [each.best for each in history(trials, False)][-1] == 0.3


EFFECTS = {0: 0.5, 1: 0.45, 2: 0.1, 3: 0.05}


class Effects:
    """Selection seeds with effects of their own, equal for all; counts what is asked. broken: the
    seed in which a trial violates a constraint. failing: the seed in which one fails."""

    def __init__(
        self, broken: dict[int, int] | None = None, failing: dict[int, int] | None = None
    ) -> None:
        self.asked: dict[Hashable, list[int]] = {}
        self._broken, self._failing = broken or {}, failing or {}

    def __call__(self, scenarios: Any, actor: str) -> dict[Hashable, SeedObservations]:
        for number, each in scenarios.items():
            self.asked.setdefault(number, []).extend(each.seeds)
        return {n: self._all(n, s.seeds) for n, s in scenarios.items()}

    def _all(self, number: int, seeds: Sequence[int]) -> SeedObservations:
        failed = {seed: "diverged" for seed in seeds if self._failing.get(number) == seed}
        seen = tuple(self._one(number, seed) for seed in seeds if seed not in failed)
        return SeedObservations(seen, failed)

    def _one(self, number: int, seed: int) -> Observation:
        wobble = 0.02 * math.sin(7.0 * number + seed)
        left = EFFECTS[number] + 0.05 * (seed % 5) + wobble
        control = 0.1 if self._broken.get(number) == seed else 0.9
        return observation(left=left, control=control, seed=seed)


def raced(measure: Effects, *overrides: str) -> Ranking:
    made = scenario("tune_evasion", "tune.best=4", *overrides)
    settings = made.tune
    assert settings is not None
    trials = study((0.9, 0, 1), (0.8, 0, 2), (0.7, 0, 3), (0.6, 0, 4))

    class StrategySpace(TacticSpace):
        def changes(self, params: Any) -> dict[str, Any]:
            return {"description": f"x is {params['x']}"}

    criteria = AttackCriteria(settings)
    return candidates(trials, made, settings, StrategySpace(settings), criteria, measure)


def test_a_race_spends_seeds_on_those_that_may_be_best() -> None:
    measure = Effects()
    ranking = raced(measure)
    assert [each.trial.number for each in ranking.candidates[:2]] == [0, 1]
    assert measure.asked[0] == [102, 103, 104, 105, 106]  # the winner on every seed
    assert measure.asked[2] == measure.asked[3] == [102, 103]
    assert ranking.error is not None
    assert 0 <= ranking.error <= 0.5


def test_no_experiment_of_a_race_is_asked_for_twice() -> None:
    measure = Effects()
    raced(measure)
    assert all(len(seeds) == len(set(seeds)) for seeds in measure.asked.values())


def test_a_leader_that_breaks_a_limit_on_a_later_seed_does_not_win() -> None:
    ranking = raced(Effects(broken={0: 106}))
    assert ranking.candidates[0].trial.number == 1
    assert not next(each for each in ranking.candidates if each.trial.number == 0).feasible


def test_a_candidate_is_judged_on_more_seeds_than_may_break_a_limit() -> None:
    """Of five seeds two may; the losers of the race were measured on two only."""
    ranking = raced(Effects(), "tune.limits.kept=0.6")
    judged = {each.trial.number: each.judged for each in ranking.candidates}
    assert (judged[0], judged[2], judged[3]) == (True, False, False)
    assert all(each.judged for each in raced(Effects()).candidates)


@pytest.mark.parametrize("seed", [102, 106])  # the first of all, and the winner's last
def test_a_candidate_that_fails_in_a_seed_loses_and_stops_no_other(seed: int) -> None:
    measure = Effects(failing={0: seed})
    for race in ((), ("tune.race=null",)):
        ranking = raced(measure, *race)
        assert ranking.candidates[0].trial.number == 1
        last = ranking.candidates[-1]
        assert (last.trial.number, last.feasible, last.judged) == (0, False, True)
        assert last.constraints["failed"] == 1.0
        assert len(ranking.candidates[0].seen) == 5
    assert set(measure.asked) == set(EFFECTS)


def test_a_race_without_a_feasible_candidate_has_no_error() -> None:
    ranking = raced(Effects(broken=dict.fromkeys(EFFECTS, 102)))
    assert ranking.error is None
    values = [each.value for each in ranking.candidates]
    assert values == sorted(values, reverse=True)
    assert not any(each.feasible for each in ranking.candidates)
