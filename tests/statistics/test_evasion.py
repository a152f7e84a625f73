"""arena/statistics/evasion.py: the verdict of a search, from the paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from arena.results.tune import Difference
from arena.statistics.evasion import evasion
from arena.statistics.intervals import paired

GAIN, NONE = 0.3, 0.15


def difference(mean: float, sd: float, defender: str = "seen", seeds: int = 12) -> Difference:
    """A difference with exactly this mean and this standard deviation over seeds."""
    draws = np.random.default_rng(0).normal(size=seeds)
    values = (mean + sd * (draws - draws.mean()) / draws.std(ddof=1)).tolist()
    interval, p = paired(values)
    return Difference(
        of="tuned", against="untuned", defender=defender, difference=interval, p=p,
        per_seed=tuple(values), seeds=tuple(range(seeds)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "unseen", "verdict", "reason"),
    [
        ((0.5, 0.2), (0.4, 0.2), "evades", "keeps 0.50 more than untuned"),
        ((0.5, 0.2), (0.1, 0.5), "inconclusive", "under the unseen defender: the interval"),
        ((0.5, 0.2), (-0.4, 0.1), "inconclusive", "unseen defender: it keeps less than untuned"),
        ((0.25, 0.1), (0.4, 0.2), "inconclusive", "the gain of 0.250 is smaller than 0.3"),
        ((0.5, 1.2), (0.4, 0.2), "inconclusive", "under the seen defender: the interval"),
        ((0.02, 0.1), (0.4, 0.2), "does_not_evade", "keeps at most 0.08 more than untuned"),
        ((-0.4, 0.1), (0.4, 0.2), "does_not_evade", "keeps at most 0.00 more than untuned"),
        ((0.02, 0.3), (0.4, 0.2), "inconclusive", "the gain of 0.020 is smaller than 0.3"),
    ],
)
def test_a_verdict_needs_its_whole_rule(
    seen: tuple[float, float], unseen: tuple[float, float], verdict: str, reason: str
) -> None:
    compared = [difference(*seen), difference(*unseen, "unseen")]
    found, why = evasion(compared, GAIN, NONE)
    assert found == verdict
    assert reason in why


def test_few_seeds_and_missing_rivals_decide_nothing() -> None:
    few = [difference(0.5, 0.1, d, seeds=7) for d in ("seen", "unseen")]
    assert evasion(few, GAIN, NONE)[0] == "inconclusive"
    none = [difference(0.0, 0.01, d, seeds=7) for d in ("seen", "unseen")]
    assert evasion(none, GAIN, NONE)[0] == "inconclusive"
    assert evasion(few[:1], GAIN, NONE) == (
        "inconclusive",
        "nothing was compared with the untuned strategy",
    )


def test_a_strategy_that_breaks_its_limits_on_fresh_seeds_does_not_count_as_evading() -> None:
    ahead = [difference(0.5, 0.2, d) for d in ("seen", "unseen")]
    assert evasion(ahead, GAIN, NONE, ["broad", "others_installed"]) == (
        "inconclusive",
        "it breaks limits on the fresh seeds (broad, others installed)",
    )
    behind = [difference(0.0, 0.05, d) for d in ("seen", "unseen")]
    assert evasion(behind, GAIN, NONE, ["broad"])[0] == "does_not_evade"


def test_the_gain_asked_for_counts_with_its_own_value() -> None:
    exact = [difference(0.3, 0.1, d) for d in ("seen", "unseen")]
    assert evasion(exact, GAIN, NONE)[0] == "evades"
