"""Quiet or gone: rates over seeds by way of asking, and what a method does not have."""

from __future__ import annotations

import json

import pytest

from arena.errors import InputError
from arena.statistics.quiet import HOWS, How, QuietRate, quiet_json

NOTHING = {"value": None, "low": None, "high": None}


def rate(
    how: How,
    hits: int,
    *,
    seed: int = 0,
    n: int = 100,
    kind: str = "unlearned",
    target: str | None = "ann",
    actor: str = "bob",
) -> QuietRate:
    return QuietRate(seed, kind, target, actor, how, hits, n)


def test_the_json_has_the_agreed_shape() -> None:
    made = [
        rate(how, 10 * seed, seed=seed, kind=kind, target=target)
        for seed in range(3)
        for kind, target in (("unlearned", "ann"), ("compromised", None), ("control", "ann"))
        for how in HOWS
    ]
    found = json.loads(json.dumps(quiet_json(made, temperature=0.7, draws=4), allow_nan=False))
    assert set(found) == {"temperature", "draws", "rows"}
    assert (found["temperature"], found["draws"]) == (0.7, 4)
    assert [each["kind"] for each in found["rows"]] == ["compromised", "control", "unlearned"]
    for row in found["rows"]:
        assert set(row) == {"kind", "target", "actor", "greedy", "sampled", "repeated", "moved"}
        assert row["sampled"]["value"] == pytest.approx(0.1)
        assert set(row["sampled"]) == {"value", "low", "high"}


def test_a_seed_counts_once_however_many_its_continuations() -> None:
    made = [rate("sampled", 0, seed=0, n=1000), rate("sampled", 10, seed=1, n=10)]
    assert quiet_json(made, 1.0, 1)["rows"][0]["sampled"]["value"] == 0.5


def test_the_order_of_rates_does_not_matter() -> None:
    made = [rate(how, 7 * seed % 5, seed=seed) for seed in range(9) for how in HOWS]
    assert quiet_json(made, 1.0, 2) == quiet_json(made[::-1], 1.0, 2)


def test_limits_stay_inside_the_unit_interval() -> None:
    made = [rate("greedy", hits, seed=seed) for seed, hits in enumerate((70, 95, 100, 90))]
    found = quiet_json(made, 1.0, 1)["rows"][0]["greedy"]
    assert found["high"] == 1.0
    assert 0 < found["low"] < found["value"]


def test_what_cannot_be_asked_is_null_and_what_was_not_has_no_value() -> None:
    (row,) = quiet_json([rate("sampled", 3), rate("moved", 0, n=0)], 1.0, 1)["rows"]
    assert row["repeated"] is None
    assert row["greedy"] == NOTHING
    assert row["moved"] == NOTHING
    assert quiet_json([], 1.0, 1)["rows"] == []


def test_two_rates_of_one_model_are_refused() -> None:
    with pytest.raises(InputError, match="two quiet rates"):
        quiet_json([rate("sampled", 1), rate("sampled", 2)], 1.0, 1)
