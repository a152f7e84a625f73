"""Defences along their way: what each left at every dose, and all at equal compute."""

from __future__ import annotations

import pytest

from arena.results.curves import DoseCurve, DosePoint
from arena.results.estimate import Estimate
from arena.results.league import LeaguePoint, Standing
from arena.results.rows import Rate
from arena.statistics.league_doses import along_way, at_compute

THERE = {(seed, actor) for seed in (0, 1) for actor in ("ann", "bob")}


def way(seed: int, left: list[float], target: str | None = None) -> DoseCurve:
    """Ann's and Bob's ASR along a run, out of 100; accuracy falls by 0.1 a point."""
    points = tuple(
        DosePoint(
            step=step,
            dose=step / 10,
            asr={"ann": Rate(hits=round(100 * asr), n=100), "bob": Rate(hits=100, n=100)},
            shown_accuracy=Rate(hits=100 - 10 * step, n=100),
        )
        for step, asr in enumerate(left)
    )
    return DoseCurve(kind="defended", name="x", target=target, seed=seed, points=points)


def test_the_others_are_all_where_nobody_is_disclosed() -> None:
    first, second = along_way([way(0, [1.0, 0.5, 0.0]), way(1, [1.0, 0.7, 0.2])], THERE, 0.1, 0.02)
    assert (first.step, first.compute) == (1, pytest.approx(0.12))
    assert first.others.value == pytest.approx((0.75 + 0.85) / 2)
    assert first.disclosed.value is None
    assert second.change.value == pytest.approx(-0.2)


def test_the_own_target_is_counted_apart() -> None:
    (point,) = along_way([way(0, [1.0, 0.3], target="ann")], THERE, 0.0, 0.01)
    assert point.disclosed.value == pytest.approx(0.3)
    assert point.others.value == pytest.approx(1.0)


def test_a_clean_fine_tune_on_a_targets_prompts_was_told_nothing() -> None:
    curves = [
        way(0, [1.0, 0.3], target=target).model_copy(update={"kind": "control"})
        for target in ("ann", "away")
    ]
    (point,) = along_way(curves, THERE, 0.0, 0.01)
    assert point.disclosed.value is None
    assert point.others.value == pytest.approx((0.3 + 1.0) / 2)


def test_a_run_that_took_no_step_stays_where_it_is() -> None:
    """A search that found no trigger leaves the suspect; it must not cut the others' ways."""
    found = along_way([way(0, [1.0, 0.5, 0.0]), way(1, [1.0])], THERE, 0.0, 0.01)
    assert len(found) == 2
    assert found[1].others.value == pytest.approx((0.5 + 1.0) / 2)
    assert found[1].step == 2


def standing(name: str, computes: list[float], whole: float | None = None) -> Standing:
    along = tuple(LeaguePoint(step=k, dose=k, compute=c) for k, c in enumerate(computes, 1))
    return Standing(name=name, compute=whole, along=along, others=Estimate(value=0.4))


def test_all_are_compared_at_what_the_cheapest_takes_in_all() -> None:
    shared, found = at_compute(
        [
            standing("cheap", [0.1, 0.2]),
            standing("dear", [0.15, 0.3, 0.6]),
            standing("too dear", [0.5]),
            standing("no steps", [], whole=0.0),
            standing("plants first", [], whole=0.9),
            standing("clean fine-tune", [0.05, 0.1]).model_copy(update={"intelligence": "control"}),
        ]
    )
    by_name = {each.name: each.equal for each in found}
    assert shared == 0.2
    assert {name: point.compute if point else None for name, point in by_name.items()} == {
        "cheap": 0.2, "dear": 0.15, "too dear": None, "no steps": 0.0, "plants first": None,
        "clean fine-tune": 0.1,
    }  # fmt: skip


def test_without_a_way_nothing_is_compared() -> None:
    assert at_compute([standing("no steps", [], whole=0.0)])[0] is None
