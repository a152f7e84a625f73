"""The duration of a search, from its trials: over all drivers, without the time between them."""

from __future__ import annotations

from datetime import datetime, timedelta

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from arena.search.studies import FACTS, seconds_busy

optuna.logging.set_verbosity(optuna.logging.WARNING)
NOON = datetime(2026, 1, 1, 12)


def study(*spans: tuple[float, float]) -> optuna.Study:
    """Trials from so many seconds after noon to so many."""
    made = optuna.create_study()
    for start, end in spans:
        trial = create_trial(value=0.0, user_attrs={FACTS: {"seconds": end - start}})
        trial.datetime_start = NOON - timedelta(hours=1)  # proposed long before it was resumed
        trial.datetime_complete = NOON + timedelta(seconds=end)
        made.add_trial(trial)
    return made


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0.0),
        ([(0, 10), (10, 15)], 15.0),
        ([(0, 10), (2, 5), (4, 12)], 12.0),  # beside each other
        ([(0, 10), (3600, 3610)], 20.0),  # stopped for an hour
    ],
)
def test_only_the_time_in_which_trials_ran_counts(
    spans: list[tuple[float, float]], seconds: float
) -> None:
    assert seconds_busy(study(*spans)) == pytest.approx(seconds)


def test_a_trial_that_was_not_run_took_no_time() -> None:
    made = optuna.create_study()
    made.add_trial(create_trial(state=TrialState.PRUNED))
    assert seconds_busy(made) == 0.0
