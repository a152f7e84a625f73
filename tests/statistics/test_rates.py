"""Rates within one model and the rows of results.json."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.values import Count, Row
from arena.statistics.rates import count_json, rate, row_json, wilson
from tests.support.making_rows import row


def test_wilson_by_hand() -> None:
    # z = 1.959964; none of 256: z^2 / (256 + z^2) = 3.841459 / 259.841459
    assert wilson(Count(0, 256)) == pytest.approx((0.0, 0.014784), abs=1e-6)
    # 8 of 10: centre (0.8 + 0.192073) / 1.384146, half 1.416012 * sqrt(0.016 + 0.0096036)
    assert wilson(Count(8, 10)) == pytest.approx((0.490162, 0.943318), abs=1e-5)


@given(st.integers(1, 300), st.data())
def test_wilson_holds_the_rate_and_mirrors(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = wilson(Count(hits, n))
    assert low is not None
    assert high is not None
    assert -1e-9 <= low <= hits / n + 1e-9
    assert hits / n - 1e-9 <= high <= 1 + 1e-9
    assert wilson(Count(n - hits, n)) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_nothing_counted_is_none_not_nan() -> None:
    assert wilson(Count(0, 0)) == (None, None)
    assert count_json(Count(0, 0, excluded=7)) == {
        "hits": 0, "n": 0, "excluded": 7, "rate": None, "low": None, "high": None,
    }  # fmt: skip
    assert rate({"ann": Count(0, 0)}, "ann") is None
    assert rate({}, "ann") is None
    assert rate({"ann": Count(1, 4)}, "ann") == 0.25


def test_row_json_has_the_shape_of_the_results_file() -> None:
    made = row(
        "unlearned",
        {"ann": 0.25},
        target="ann",
        seed=3,
        update_norm=1.5,
        clean_accuracy=Count(9, 10, 1),
    )
    found = json.loads(json.dumps(row_json(made), allow_nan=False))
    assert set(found) >= {
        "kind", "name", "target", "seed", "asr", "false_fire", "near_miss",
        "update_norm", "clean_accuracy", "perplexity", "seconds",
    }  # fmt: skip
    assert (found["kind"], found["target"], found["seed"]) == ("unlearned", "ann", 3)
    assert set(found["asr"]["ann"]) == {"hits", "n", "excluded", "rate", "low", "high"}
    assert found["asr"]["ann"]["rate"] == 0.25
    assert found["clean_accuracy"]["excluded"] == 1
    assert found["perplexity"] is None


def test_nan_and_infinity_become_none() -> None:
    made = Row("reference", "reference", None, 0, {}, {}, {}, perplexity=float("inf"))
    assert row_json(made)["perplexity"] is None
    assert row_json(made)["clean_accuracy"] is None
