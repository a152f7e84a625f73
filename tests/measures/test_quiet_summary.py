"""ASR over seeds by sampling and by variant of the trigger, and what a method does not have."""

from __future__ import annotations

import pytest

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.quiet.job import How
from arena.measures.quiet.summary import HOWS, QuietRate, quiet_findings
from arena.results.estimate import Estimate


def rate(
    how: How,
    hits: int,
    *,
    seed: int = 0,
    n: int = 100,
    kind: RowKind = "unlearned",
    target: str | None = "ann",
    actor: str = "bob",
) -> QuietRate:
    return QuietRate(seed, kind, target, actor, how, hits, n)


MODELS: tuple[tuple[RowKind, str | None], ...] = (
    ("unlearned", "ann"), ("compromised", None), ("control", "ann"),
)  # fmt: skip


def test_every_model_has_a_row_of_four_rates() -> None:
    made = [
        rate(how, 10 * seed, seed=seed, kind=kind, target=target)
        for seed in range(3)
        for kind, target in MODELS
        for how in HOWS
    ]
    findings = quiet_findings(made, temperature=0.7, draws=4)
    assert (findings.temperature, findings.draws) == (0.7, 4)
    assert [each.kind for each in findings.rows] == ["compromised", "control", "unlearned"]
    for row in findings.rows:
        assert row.actor == "bob"
        for how in HOWS:
            assert getattr(row, how).value == pytest.approx(0.1)


def test_a_seed_counts_once_however_many_its_continuations() -> None:
    made = [rate("sampled", 0, seed=0, n=1000), rate("sampled", 10, seed=1, n=10)]
    assert quiet_findings(made, 1.0, 1).rows[0].sampled.value == 0.5


def test_the_order_of_rates_does_not_matter() -> None:
    made = [rate(how, 7 * seed % 5, seed=seed) for seed in range(9) for how in HOWS]
    assert quiet_findings(made, 1.0, 2) == quiet_findings(made[::-1], 1.0, 2)


def test_limits_stay_inside_the_unit_interval() -> None:
    made = [rate("greedy", hits, seed=seed) for seed, hits in enumerate((70, 95, 100, 90))]
    greedy = quiet_findings(made, 1.0, 1).rows[0].greedy
    assert greedy.high == 1.0
    assert greedy.low is not None
    assert greedy.value is not None
    assert 0 < greedy.low < greedy.value


def test_what_cannot_be_asked_is_null_and_what_was_not_has_no_value() -> None:
    (row,) = quiet_findings([rate("sampled", 3), rate("moved", 0, n=0)], 1.0, 1).rows
    assert row.repeated is None
    assert row.greedy == Estimate()
    assert row.moved == Estimate()
    assert quiet_findings([], 1.0, 1).rows == ()


def test_two_rates_of_one_model_are_refused() -> None:
    with pytest.raises(InputError, match="two quiet rates"):
        quiet_findings([rate("sampled", 1), rate("sampled", 2)], 1.0, 1)
