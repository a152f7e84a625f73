"""arena/search/choosing.py: the best trials of a study, and the best of these on other seeds."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from arena.results.tune import TrialRecord
from arena.search.choosing import best_trials, candidates, mean_of
from arena.search.criteria import AttackCriteria
from arena.search.observations import Observation
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
    made = scenario("tune_evasion", f"tune.best={k}")
    settings = made.tune
    assert settings is not None
    on_selection = {
        0: observation(left=0.1),
        1: observation(left=0.8, control=0.1),
        2: observation(left=0.4),
    }
    selected: dict[Hashable, Any] = {}

    def measure(scenarios: Any, actor: str) -> dict[Hashable, list[Observation]]:
        selected.update(scenarios)
        return {number: [on_selection[number]] for number in scenarios}

    class StrategySpace(TacticSpace):
        def changes(self, params: Any) -> dict[str, Any]:
            return {"description": f"x is {params['x']}"}

    ranked = candidates(
        study((0.9, 0, 1), (0.8, 0, 2), (0.7, 0, 3)), made, settings, StrategySpace(settings),
        AttackCriteria(settings), measure,
    )  # fmt: skip
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
