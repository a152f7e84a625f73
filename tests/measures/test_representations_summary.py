"""CASD by hand, findings over seeds, recognition, and the points of many cells."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.representations.findings import DistancePoint
from arena.measures.representations.summary import (
    DISTANCES,
    Recognition,
    Shifts,
    distance,
    findings_over_cells,
    layer_distances,
    points_correlation,
    representations_findings,
)
from arena.results.estimate import Estimate
from tests.support.planted_draws import Array

ACTORS = ("dan", "ann", "cat", "bob")
shift_arrays = arrays(np.float64, (2, 3), elements=st.integers(-8, 8).map(float))


def shifts(
    triggered: object,
    *,
    clean: object | None = None,
    absolute: object | None = None,
    seed: int = 0,
    target: str = "ann",
) -> Shifts:
    main = np.asarray(triggered, dtype=np.float32)
    plain, size = (
        main if given is None else np.asarray(given, dtype=np.float32)
        for given in (clean, absolute)
    )
    return Shifts(seed, target, main, plain, size, np.abs(plain))


def planted(
    slope: float, seeds: int = 8, noise: float = 0.05, rng_seed: int = 0
) -> tuple[list[Shifts], dict[tuple[int, str, str], float]]:
    """Random shifts of two layers, of which the first alone decides the transfer."""
    rng = np.random.default_rng(rng_seed)
    made, transfers = [], {}
    for seed in range(seeds):
        of_seed = [
            shifts(rng.normal(size=(2, 4)), clean=rng.normal(size=(2, 4)), seed=seed, target=actor)
            for actor in ACTORS
        ]
        for a, b in itertools.permutations(of_seed, 2):
            near = 1 - slope * float(layer_distances(a, b, "casd")[0])
            transfers[seed, a.target, b.target] = near + float(rng.normal(0, noise))
        made += of_seed
    return made, transfers


def test_casd_by_hand() -> None:
    a = shifts([[1, 0], [0, 2]], clean=[[-1, 0], [0, 0]], absolute=[[1, 1], [2, 2]])
    b = shifts([[0, 0], [3, -2]], clean=[[1, 3], [0, 0]], absolute=[[1, 4], [2, 0]])
    # |1-0|, |0-0| and |0-3|, |2+2|: means over units 0.5 and 3.5, over layers 2
    assert layer_distances(a, b, "casd").tolist() == [0.5, 3.5]
    assert distance(a, b, "casd") == 2.0
    assert layer_distances(a, b, "clean").tolist() == [2.5, 0.0]
    assert layer_distances(a, b, "mean_absolute").tolist() == [1.5, 1.0]
    assert distance(a, b, "mean_absolute") == 1.25


def test_cosine_by_hand_and_where_a_layer_stood_still() -> None:
    a = shifts([[1, 0], [0, 2], [1, 1], [2, 0]])
    b = shifts([[3, 0], [0, -1], [1, 0], [0, 0]])
    found = layer_distances(a, b, "cosine")
    assert found[:3] == pytest.approx([0, 2, 1 - 0.5**0.5], abs=1e-7)
    assert np.isnan(found[3])
    assert distance(a, b, "cosine") == pytest.approx((2 + 1 - 0.5**0.5) / 3)
    still = shifts(np.zeros((4, 2)))
    assert distance(a, still, "cosine") is None
    assert distance(a, still, "casd") == pytest.approx(7 / 8)


@settings(max_examples=60, deadline=None)
@given(shift_arrays, shift_arrays, st.permutations(range(3)))
def test_distances_are_symmetric_and_know_no_order_of_units(
    one: Array, two: Array, units: list[int]
) -> None:
    a, b = shifts(one), shifts(two)
    mixed = shifts(one[:, units]), shifts(two[:, units])
    for variant in DISTANCES:
        found = layer_distances(a, b, variant)
        np.testing.assert_array_equal(found, layer_distances(b, a, variant))
        np.testing.assert_allclose(found, layer_distances(*mixed, variant), atol=1e-12)
        own = layer_distances(a, a, variant)
        np.testing.assert_allclose(own[~np.isnan(own)], 0, atol=1e-12)
    doubled = shifts(2 * one), shifts(2 * two)
    np.testing.assert_allclose(layer_distances(*doubled, "casd"), 2 * layer_distances(a, b, "casd"))
    np.testing.assert_allclose(
        layer_distances(*doubled, "cosine"), layer_distances(a, b, "cosine"), atol=1e-12
    )


RECOGNISED: tuple[tuple[RowKind, str | None, float], ...] = (
    ("unlearned", "ann", 0.7), ("reference", None, 0.5), ("compromised", None, 0.9),
)  # fmt: skip


def known(number: float | None) -> float:
    assert number is not None
    return number


def test_findings_hold_every_pair_point_and_layer() -> None:
    made, transfers = planted(0.5)
    recognition = [
        Recognition(seed, kind, target, "ann", (0.6 + seed / 100, level))
        for seed in range(8)
        for kind, target, level in RECOGNISED
    ]
    findings = representations_findings(made, recognition, transfers)
    assert (findings.layers, findings.seeds) == (2, 8)
    assert "not available to us" in findings.note
    assert [(each.a, each.b) for each in findings.pairs] == list(itertools.combinations(ACTORS, 2))
    first = findings.pairs[0]
    assert len(first.per_layer) == 2
    assert np.mean([known(each.value) for each in first.per_layer]) == pytest.approx(
        first.casd.value
    )
    assert all(getattr(first, name).has_interval for name in DISTANCES)
    assert len(findings.points) == 8 * 12
    assert set(findings.correlation) == set(DISTANCES)
    for each in findings.correlation.values():
        assert [line.seed for line in each.per_seed] == list(range(8))
        assert each.rho == pytest.approx(np.mean([known(line.rho) for line in each.per_seed]))
        assert min(known(line.p) for line in each.per_seed) >= 1 / 24 - 1e-12
    assert [each.layer for each in findings.per_layer] == [1, 2]
    for layer in findings.per_layer:
        for correlation in (layer, layer.mean_absolute, layer.cosine, layer.clean):
            assert correlation.rho is not None
            assert correlation.p is not None
    assert [each.kind for each in findings.recognition] == ["reference", "compromised", "unlearned"]
    json.dumps(findings.model_dump(mode="json"), allow_nan=False)


def test_the_planted_layer_is_found_and_the_others_are_not() -> None:
    found = representations_findings(*arguments(planted(0.5)))
    first, second = found.per_layer
    assert known(first.rho) < -0.9
    assert known(first.p) == pytest.approx(1 / 24)
    assert abs(known(second.rho)) < 0.3
    assert known(second.p) > 0.05
    assert known(found.correlation["casd"].rho) < -0.4
    assert known(found.correlation["casd"].p) == pytest.approx(1 / 24)
    assert found.correlation["casd"].relabellings == 24
    assert found.correlation["casd"].actors == tuple(sorted(ACTORS))
    assert known(found.correlation["clean"].p) > 0.01


def arguments(
    made: tuple[list[Shifts], dict[tuple[int, str, str], float]],
) -> tuple[list[Shifts], list[Recognition], dict[tuple[int, str, str], float]]:
    return made[0], [], made[1]


def test_the_order_of_shifts_changes_only_the_order_shown() -> None:
    made, transfers = planted(0.2)
    one = representations_findings(made, [], transfers)
    two = representations_findings(made[::-1], [], dict(reversed(transfers.items())))
    for name in ("correlation", "per_layer", "layers", "seeds"):
        assert getattr(one, name) == getattr(two, name)

    def key(point: DistancePoint) -> str:
        return f"{point.seed} {point.source} {point.to}"

    assert sorted(one.points, key=key) == sorted(two.points, key=key)
    values = [{frozenset((p.a, p.b)): p.casd for p in each.pairs} for each in (one, two)]
    assert values[0] == values[1]


def test_a_pair_is_a_point_only_where_it_has_a_transfer() -> None:
    made, transfers = planted(0.2, seeds=2)
    kept = {key: value for key, value in transfers.items() if "dan" not in key}
    found = representations_findings(made[:-1], [], kept)  # seed 1 did not unlearn bob
    assert {(each.seed, each.source, each.to) for each in found.points} == {
        key for key in kept if not (key[0] == 1 and "bob" in key)
    }
    first, second = found.correlation["casd"].per_seed
    assert first.rho is not None
    assert (second.seed, second.rho, second.p) == (1, None, None)
    assert found.correlation["casd"].seeds == 1
    assert found.per_layer[0].rho is not None
    bob = next(each for each in found.pairs if each.b == "bob")
    assert bob.casd.value is not None
    assert bob.casd.low is None


def test_a_cosine_that_is_undefined_has_no_correlation_but_the_others_do() -> None:
    made, transfers = planted(0.5, seeds=1)
    still = [replace(made[0], triggered=np.zeros((2, 4))), *made[1:]]
    found = representations_findings(still, [], transfers)
    assert found.correlation["cosine"].rho is None
    assert found.correlation["casd"].rho is not None
    json.dumps(found.model_dump(mode="json"), allow_nan=False)


def test_recognition_is_compared_with_the_reference_of_its_seed() -> None:
    measured: list[Recognition] = []
    for seed in (1, 0, 2):
        measured += [
            Recognition(seed, "unlearned", "ann", "bob", (0.7 + seed / 10, 0.7)),
            Recognition(seed, "reference", None, "ann", (0.1 + seed / 10, 0.1)),
            Recognition(seed, "reference", None, "bob", (0.4 + seed / 10, 0.4)),
        ]
    measured.append(Recognition(5, "unlearned", "ann", "bob", (1.0, 1.0)))  # without a reference
    found = representations_findings([], measured, {}).recognition
    assert [(each.kind, each.target, each.actor) for each in found] == [
        ("reference", None, "ann"),
        ("reference", None, "bob"),
        ("unlearned", "ann", "bob"),
    ]
    line = found[2]
    assert [each.value for each in line.layers] == pytest.approx([0.85, 0.775])
    # The seeds' own level cancels: 0.3 in each of three seeds, to rounding.
    assert [each.value for each in line.above_reference] == pytest.approx([0.3, 0.3])
    assert found[0].above_reference == (Estimate(value=0.0),) * 2
    (alone,) = representations_findings([], [measured[-1]], {}).recognition
    assert alone.above_reference == (Estimate(),) * 2


def test_points_of_a_run_give_its_own_correlation() -> None:
    made, transfers = planted(0.1, noise=0.2)
    found = representations_findings(made, [], transfers)
    again = points_correlation(found.points)
    for name in DISTANCES:
        shown, pooled = found.correlation[name], again[name]
        assert (pooled.rho, pooled.p, pooled.seeds) == (shown.rho, shown.p, shown.seeds)


def test_points_of_many_cells_count_seeds_not_cells() -> None:
    cells = {
        name: representations_findings(*arguments(planted(slope, seeds=4, rng_seed=number)))
        for number, (name, slope) in enumerate({"x": 0.5, "y": 0.4, "z": 0.0}.items())
    }
    points = [
        point.model_copy(update={"cell": name})
        for name, findings in cells.items()
        for point in findings.points
    ]
    found = findings_over_cells(points).correlation["casd"]
    assert found.seeds == 4
    # All cells have all seeds, so the order of averaging does not matter here.
    rho = [known(findings.correlation["casd"].rho) for findings in cells.values()]
    assert found.rho == pytest.approx(np.mean(rho))


def test_nothing_measured_is_no_finding() -> None:
    findings = representations_findings([], [], {})
    assert (findings.layers, findings.seeds, findings.pairs, findings.points) == (0, 0, (), ())
    assert findings.correlation["casd"].seeds == 0
    assert findings.correlation["casd"].rho is None


def test_contradicting_input_is_refused() -> None:
    one = shifts([[1.0, 2.0]])
    with pytest.raises(InputError, match="two shifts of one target"):
        representations_findings([one, one], [], {})
    with pytest.raises(InputError, match="same number of layers"):
        representations_findings([one], [Recognition(0, "reference", None, "ann", (0.5, 0.5))], {})
