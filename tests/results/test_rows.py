"""Rates carry the Wilson interval that scipy has, to the last digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from arena.results.estimate import Estimate
from arena.results.rows import Rate, Row


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys(counts: tuple[int, int]) -> None:
    hits, n = counts
    rate = Rate(hits=hits, n=n)
    interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert (rate.low, rate.high) == (interval.low, interval.high)
    assert rate.estimate == Estimate(value=hits / n, low=interval.low, high=interval.high)


def test_every_count_of_256_prompts() -> None:
    for hits in range(257):
        interval = stats.binomtest(hits, 256).proportion_ci(0.95, method="wilson")
        assert (Rate(hits=hits, n=256).low, Rate(hits=hits, n=256).high) == tuple(interval)


def test_nothing_counted_has_no_rate() -> None:
    assert Rate(excluded=7).model_dump() == {
        "hits": 0, "n": 0, "excluded": 7, "rate": None, "low": None, "high": None,
    }  # fmt: skip


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 2), (0, -1)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValidationError):
        Rate(hits=hits, n=n)


def test_the_interval_by_hand() -> None:
    # z = 1.959964; none of 256: z^2 / (256 + z^2) = 3.841459 / 259.841459
    rate = Rate(n=256)
    assert (rate.low, rate.high) == pytest.approx((0.0, 0.014784), abs=1e-6)
    # 8 of 10: centre (0.8 + 0.192073) / 1.384146, half 1.416012 * sqrt(0.016 + 0.0096036)
    rate = Rate(hits=8, n=10)
    assert (rate.low, rate.high) == pytest.approx((0.490162, 0.943318), abs=1e-5)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate_and_mirrors(counts: tuple[int, int]) -> None:
    hits, n = counts
    rate, other = Rate(hits=hits, n=n), Rate(hits=n - hits, n=n)
    assert rate.low is not None
    assert rate.high is not None
    assert -1e-9 <= rate.low <= hits / n + 1e-9
    assert hits / n - 1e-9 <= rate.high <= 1 + 1e-9
    assert (other.low, other.high) == pytest.approx((1 - rate.high, 1 - rate.low), abs=1e-9)


def test_a_row_is_written_with_its_rates() -> None:
    row = Row(
        kind="unlearned",
        name="unlearn:ann",
        target="ann",
        seed=3,
        asr={"ann": Rate(hits=1, n=4)},
        clean_accuracy=Rate(hits=9, n=10, excluded=1),
        measures={"log_probability": {"ann": -1.5}},
    )
    values = row.model_dump(mode="json")
    assert set(values) == {
        "kind", "name", "target", "seed", "asr", "false_fire", "near_miss", "clean_accuracy",
        "checkable_accuracy", "token_accuracy", "perplexity", "update_norm", "seconds", "detail",
        "measures", "dose", "sham", "benign", "benign_false_fire", "start_loss", "log_odds",
    }  # fmt: skip
    assert (values["kind"], values["target"], values["seed"]) == ("unlearned", "ann", 3)
    assert set(values["asr"]["ann"]) == {"hits", "n", "excluded", "rate", "low", "high"}
    assert values["asr"]["ann"]["rate"] == 0.25
    assert values["clean_accuracy"]["excluded"] == 1
    assert (values["perplexity"], values["update_norm"]) == (None, None)
