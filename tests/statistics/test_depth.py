"""Depth over seeds: exposures, log-odds of the planted model, the clean dose that halves ASR."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.reporting.depth import depth_text
from arena.results.curves import DoseCurve, DosePoint
from arena.results.estimate import Estimate
from arena.results.planting import Depth
from arena.results.rows import Rate, Row
from arena.statistics.depth import depths, halving_dose


def curve(*asr: float, kind: str = "control", target: str | None = None, seed: int = 0,
          name: str = "control") -> DoseCurve:  # fmt: skip
    points = tuple(
        DosePoint(step=k, dose=k / 10, asr={"ann": Rate(hits=round(1000 * a), n=1000)})
        for k, a in enumerate(asr)
    )
    return DoseCurve(kind=kind, name=name, target=target, seed=seed, points=points)  # type: ignore[arg-type]


def test_the_halving_dose_is_read_between_the_points() -> None:
    assert halving_dose([curve(1.0, 0.8, 0.4, 0.0)], "ann") == pytest.approx(0.1 + 0.1 * 0.75)
    assert halving_dose([curve(0.6, 0.3)], "ann") == pytest.approx(0.1)  # half of the suspect's
    assert halving_dose([curve(1.0, 0.9, 0.51)], "ann") is None
    assert halving_dose([curve(0.0, 0.0)], "ann") is None
    assert halving_dose([curve(1.0, 0.0)], "bob") is None
    assert halving_dose([], "ann") is None


def test_clean_fine_tunes_of_several_targets_are_averaged() -> None:
    both = [curve(1.0, 1.0, 0.8), curve(1.0, 0.4, 0.0, name="control:bob", target="bob")]
    assert halving_dose(both, "ann") == pytest.approx(0.1 + 0.1 * (0.7 - 0.5) / (0.7 - 0.4))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_halving_dose_lies_where_the_curve_first_passes_half(asr: list[float]) -> None:
    found = halving_dose([curve(1.0, *asr)], "ann")
    passed = [k for k, a in enumerate(asr, 1) if round(1000 * a) <= 500]
    if not passed:
        assert found is None
        return
    assert found is not None
    assert (passed[0] - 1) / 10 <= found <= passed[0] / 10 + 1e-12


def rows(*odds: float) -> list[Row]:
    return [
        Row(kind="compromised", name="compromised", seed=k, log_odds={"ann": value, "bob": None})
        for k, value in enumerate(odds)
    ]


def test_seeds_that_are_not_halved_are_counted_and_not_installed_ones_left_out() -> None:
    curves = [curve(1.0, 0.0, seed=0), curve(1.0, 0.9, seed=1), curve(1.0, 0.0, seed=2)]
    installed = {(0, "ann"), (1, "ann")}
    found = depths(rows(10.0, 20.0, 30.0), curves, installed, {"ann": 1792.0, "bob": 7.0})
    ann, bob = found["ann"], found["bob"]
    assert (ann.exposures, ann.log_odds.value, ann.log_odds.low is not None) == (1792, 20, True)
    assert (ann.halving_dose.value, ann.halved, ann.curves) == (pytest.approx(0.05), 1, 2)
    assert bob == Depth(exposures=7.0)


def test_alone_each_actor_is_as_deep_as_in_its_own_model() -> None:
    alone = [
        Row(kind="inserted", name=f"alone:{who}", target=who, seed=0, log_odds={"ann": odds})
        for who, odds in (("bob", -9.0), ("ann", 12.0), ("cat", -8.0))
    ]
    found = depths(alone, [], set(), {"ann": 1.0})
    assert found["ann"].log_odds.value == 12.0


@pytest.mark.parametrize(
    ("depth", "text"),
    [
        (Depth(), ""),
        (Depth(exposures=1792.0), "1,792 exposures"),
        (
            Depth(exposures=3, log_odds=Estimate(value=23.14, low=-1, high=40), curves=2),
            "3 exposures, log-odds 23.1 [\N{MINUS SIGN}1.0 to 40.0], "
            "not halved by any clean dose tried",
        ),
        (
            Depth(halving_dose=Estimate(value=0.0034), halved=1, curves=2),
            "halved by a clean dose of 0.0034 (in 1 of 2 seeds, in the others by none tried)",
        ),
    ],
)
def test_depth_in_words(depth: Depth, text: str) -> None:
    assert depth_text(depth) == text
