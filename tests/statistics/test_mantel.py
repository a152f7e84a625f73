"""The permutation test of distance against transfer: planted truths, floors, invariances."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.statistics.mantel import Pair, Pooled, Replicate, mantel, pooled_correlation

FOUR = ("ann", "bob", "cat", "dan")
WHOLE = st.integers(-50, 50).map(float)


def both_ways(apart: Mapping[Pair, float]) -> dict[Pair, float]:
    return {**apart, **{(b, a): value for (a, b), value in apart.items()}}


def drawn(
    rng: np.random.Generator, slope: float, actors: Sequence[str] = FOUR, noise: float = 0.2
) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Distances between random places, and transfers that fall with them where slope > 0."""
    places = rng.normal(size=(len(actors), 3))
    apart = {
        (a, b): float(np.linalg.norm(places[i] - places[j]))
        for (i, a), (j, b) in itertools.permutations(enumerate(actors), 2)
    }
    transfers = {
        pair: float(-slope * value + rng.normal(0, noise)) for pair, value in apart.items()
    }
    return apart, transfers


def replicates(rng: np.random.Generator, slope: float, seeds: int = 8) -> list[Replicate]:
    return [Replicate("", seed, *drawn(rng, slope)) for seed in range(seeds)]


def test_three_actors_by_hand() -> None:
    # Unlearning is the same both ways here, and transfer is highest where distance is least.
    apart = both_ways({("a", "b"): 1.0, ("a", "c"): 2.0, ("b", "c"): 4.0})
    transfers = both_ways({("a", "b"): 0.9, ("a", "c"): 0.5, ("b", "c"): 0.1})
    found = mantel(apart, transfers)
    assert found is not None
    # The six relabellings order the three distances in all six ways: rho -1, -0.5 (twice),
    # 0.5 (twice), 1; as far from 0 as -1 are two.
    assert sorted(found.null) == pytest.approx([-1, -0.5, -0.5, 0.5, 0.5, 1])
    assert (found.rho, found.p) == pytest.approx((-1.0, 2 / 6))


@settings(max_examples=50, deadline=None)
@given(st.lists(WHOLE, min_size=6, max_size=6), st.lists(WHOLE, min_size=12, max_size=12))
def test_rho_is_spearmans(distances: list[float], outcomes: list[float]) -> None:
    apart = both_ways(dict(zip(itertools.combinations(FOUR, 2), distances, strict=True)))
    transfers = dict(zip(itertools.permutations(FOUR, 2), outcomes, strict=True))
    found = mantel(apart, transfers)
    if len(set(distances)) == 1 or len(set(outcomes)) == 1:
        assert found is None
        return
    assert found is not None
    pairs = list(transfers)
    expected = stats.spearmanr([apart[p] for p in pairs], [transfers[p] for p in pairs])
    assert found.rho == pytest.approx(expected.statistic, abs=1e-9)
    assert len(found.null) == 24
    assert 1 / 24 - 1e-12 <= found.p <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.permutations(FOUR), st.sampled_from([0.25, 2.0, 8.0]))
def test_neither_names_nor_scale_nor_order_matter(
    seed: int, names: list[str], scale: float
) -> None:
    apart, transfers = drawn(np.random.default_rng(seed), 1.0)
    renamed = dict(zip(FOUR, names, strict=True))

    def changed(values: Mapping[Pair, float], factor: float) -> dict[Pair, float]:
        return {(renamed[a], renamed[b]): factor * v for (a, b), v in reversed(values.items())}

    one = mantel(apart, transfers)
    two = mantel(changed(apart, scale), changed(transfers, scale))
    assert one is not None
    assert two is not None
    assert (two.rho, two.p) == pytest.approx((one.rho, one.p), abs=1e-9)
    mirrored = mantel(apart, {pair: -value for pair, value in transfers.items()})
    assert mirrored is not None
    assert (mirrored.rho, mirrored.p) == pytest.approx((-one.rho, one.p), abs=1e-9)


def test_nothing_where_rho_is_undefined() -> None:
    apart, transfers = drawn(np.random.default_rng(0), 1.0)
    assert mantel({}, {}) is None
    assert mantel(apart, {}) is None
    assert mantel(apart, dict.fromkeys(transfers, 1.0)) is None
    assert mantel(apart, dict.fromkeys(transfers, 0.1 + 0.2) | {("ann", "bob"): 0.3}) is None
    assert mantel(dict.fromkeys(apart, 1.0), transfers) is None
    assert mantel({**apart, ("ann", "bob"): None}, transfers) is None
    assert mantel(apart, {pair: transfers[pair] for pair in list(transfers)[:2]}) is None
    two = {pair: value for pair, value in transfers.items() if set(pair) == {"ann", "bob"}}
    assert mantel(apart, two) is None
    found = pooled_correlation([Replicate("", 0, apart, two)])
    assert (found.rho, found.p, found.seeds) == (None, None, 0)
    assert (found.actors, found.relabellings, found.left_out) == ((), 0, 0)


def test_missing_pairs_leave_only_relabellings_that_keep_them_missing() -> None:
    apart, transfers = drawn(np.random.default_rng(1), 1.0)
    # dan was not installed: he takes no part, and three actors have 6 relabellings.
    installed = {pair: value for pair, value in transfers.items() if "dan" not in pair}
    found = mantel(apart, installed)
    assert found is not None
    assert len(found.null) == 6
    # One ordered pair is missing: ann and bob keep their labels, cat and dan may swap.
    del transfers["ann", "bob"]
    found = mantel(apart, transfers)
    assert found is not None
    assert len(found.null) == 2
    assert found.p in (0.5, 1.0)


def test_missing_for_a_reason_makes_no_findings() -> None:
    # One actor far from all others has no transfers; the rest are unrelated.
    rng = np.random.default_rng(2)
    p = []
    for _ in range(400):
        apart, transfers = drawn(rng, 0.0)
        apart = {pair: value + 9 * ("dan" in pair) for pair, value in apart.items()}
        kept = {pair: value for pair, value in transfers.items() if "dan" not in pair}
        found = mantel(apart, kept)
        assert found is not None
        p.append(found.p)
    assert np.mean(np.array(p) <= 2 / 6 + 1e-9) <= stats.binom.ppf(0.999, 400, 2 / 6) / 400


def test_a_planted_relation_is_found_over_eight_seeds() -> None:
    rng = np.random.default_rng(3)
    found = [pooled_correlation(replicates(rng, slope=0.3)) for _ in range(40)]
    assert all(each.rho is not None and each.rho < -0.3 for each in found)
    p = np.array([each.p for each in found], dtype=float)
    assert np.mean(p < 0.05) >= 0.9
    assert p.min() == pytest.approx(1 / 24)  # however many the seeds
    assert {(each.seeds, each.relabellings, each.left_out) for each in found} == {(8, 24, 0)}
    opposite = pooled_correlation(replicates(rng, slope=-0.3))
    assert opposite.rho is not None
    assert opposite.rho > 0.3
    assert opposite.p == pytest.approx(1 / 24)


def with_actor_effects(rng: np.random.Generator, repeated: float) -> list[Replicate]:
    """Eight seeds of unrelated distances and transfers, of whose variance so large a share is a
    pattern of the actors, the same in every seed; actors are exchangeable."""
    common, _ = drawn(rng, 0.0)
    lasting = {pair: rng.normal() for pair in common}
    old, new = repeated**0.5, (1 - repeated) ** 0.5
    return [
        Replicate(
            "",
            seed,
            {pair: old * common[pair] + new * v for pair, v in drawn(rng, 0.0)[0].items()},
            {pair: old * lasting[pair] + new * rng.normal() for pair in common},
        )
        for seed in range(8)
    ]


def independent_p(found: Pooled, rng: np.random.Generator) -> float:
    """p as if every seed's actors could be relabelled by themselves, from 999 draws."""
    nulls = [test.null for _, test in found.tests if test is not None]
    drawn_means = np.mean([rng.choice(null, 999) for null in nulls], axis=0)
    beyond = np.abs(np.append(drawn_means, found.rho)) >= abs(found.rho or 0.0) - 1e-9
    return float(np.mean(beyond))


@pytest.mark.parametrize("repeated", [0.0, 0.5, 0.9])
def test_false_relations_stay_under_their_level_where_seeds_share_the_actors_effects(
    repeated: float,
) -> None:
    rng, sets = np.random.default_rng(4), 200
    found = [pooled_correlation(with_actor_effects(rng, repeated)) for _ in range(sets)]
    p = np.array([each.p for each in found], dtype=float)
    for tail in (1, 2, 6, 12):  # p is a multiple of 1/24
        assert np.mean(p <= tail / 24 + 1e-9) <= stats.binom.ppf(0.999, sets, tail / 24) / sets
    of_each_seed = np.array([independent_p(each, rng) for each in found])
    if repeated:  # which relabelling seed by seed does not hold
        assert np.mean(of_each_seed <= 0.05) > 0.15
    else:
        assert np.mean(of_each_seed <= 0.05) < 0.1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.permutations(FOUR))
def test_renaming_the_actors_changes_nothing(seed: int, names: list[str]) -> None:
    rng = np.random.default_rng(seed)
    made = replicates(rng, 0.3, seeds=3)
    renamed = dict(zip(FOUR, names, strict=True))
    other = [
        Replicate(
            each.cell,
            each.seed,
            {(renamed[a], renamed[b]): v for (a, b), v in each.distances.items()},
            {(renamed[a], renamed[b]): v for (a, b), v in reversed(each.transfers.items())},
        )
        for each in reversed(made)
    ]
    one, two = pooled_correlation(made), pooled_correlation(other)
    assert (one.rho, one.p) == pytest.approx((two.rho, two.p), abs=1e-9)


def without(replicate: Replicate, *names: str) -> Replicate:
    """The replicate with these actors not installed."""
    kept = {p: v for p, v in replicate.transfers.items() if not set(p) & set(names)}
    return Replicate(replicate.cell, replicate.seed, replicate.distances, kept)


def test_seeds_with_a_missing_pair_are_left_out_of_the_pool() -> None:
    made = replicates(np.random.default_rng(12), 0.3)
    kept = {p: v for p, v in made[3].transfers.items() if p != ("ann", "bob")}
    made[3] = Replicate("", 3, made[3].distances, kept)
    made[5] = without(made[5], "dan")
    found = pooled_correlation(made)
    assert (found.seeds, found.left_out, found.actors) == (6, 2, FOUR)
    whole = pooled_correlation([each for each in made if each.seed not in (3, 5)])
    assert (found.rho, found.p) == (whole.rho, whole.p)
    assert all(test is not None for _, test in found.tests)  # each has a rho of its own


def test_an_actor_who_is_missing_in_most_seeds_is_left_out_instead() -> None:
    made = replicates(np.random.default_rng(13), 0.3)
    made = [without(each, "dan") if each.seed else each for each in made]
    found = pooled_correlation(made)
    assert (found.seeds, found.left_out, found.actors) == (8, 0, ("ann", "bob", "cat"))
    assert found.relabellings == 6
    assert found.p is not None
    assert found.p >= 1 / 6 - 1e-12
    again = pooled_correlation([without(each, "dan") for each in made])
    assert (found.rho, found.p) == pytest.approx((again.rho, again.p))


def test_cells_with_other_actors_are_pooled_over_the_actors_they_share() -> None:
    rng = np.random.default_rng(14)
    five = (*FOUR, "eve")
    made = [Replicate("five", seed, *drawn(rng, 0.3, five)) for seed in range(4)]
    made += [Replicate("four", seed, *drawn(rng, 0.3)) for seed in range(4)]
    strangers = [Replicate("others", 0, *drawn(rng, 0.3, ("x", "y", "z")))]
    found = pooled_correlation([*made, *strangers])
    assert (found.actors, found.seeds, found.left_out) == (FOUR, 4, 1)
    assert found.relabellings == 24


def test_no_block_no_number() -> None:
    made = replicates(np.random.default_rng(15), 0.3, seeds=2)
    one_way = {("ann", "bob"), ("bob", "cat"), ("cat", "dan"), ("dan", "ann")}
    made = [
        Replicate("", m.seed, m.distances, {p: v for p, v in m.transfers.items() if p in one_way})
        for m in made
    ]
    found = pooled_correlation(made)
    assert (found.rho, found.p, found.seeds, found.left_out) == (None, None, 0, 2)


def test_one_seed_never_falls_below_one_in_24() -> None:
    rng = np.random.default_rng(5)
    tests = [(mantel(*each), each) for each in (drawn(rng, 1.0, noise=0.0) for _ in range(60))]
    alone = [found.p for found, _ in tests if found is not None]
    assert min(alone) == pytest.approx(1 / 24)
    for found, each in tests[:10]:
        assert found is not None
        # Pooling one seed is that seed's own, exact test: drawing could fall below its floor.
        pooled = pooled_correlation([Replicate("", 7, *each)])
        assert (pooled.rho, pooled.p, pooled.seeds) == pytest.approx((found.rho, found.p, 1))


def test_one_relabelling_holds_for_all_seeds() -> None:
    few = pooled_correlation(replicates(np.random.default_rng(6), 0.3, seeds=2))
    (_, one), (_, two) = few.tests
    assert one is not None
    assert two is not None
    means = (one.null + two.null) / 2  # the same relabelling stands at the same place
    assert few.rho == pytest.approx((one.rho + two.rho) / 2)
    assert few.p == pytest.approx(np.mean(abs(means) >= abs(means[0]) - 1e-9))


def test_the_order_of_replicates_does_not_matter() -> None:
    made = replicates(np.random.default_rng(7), 0.1)
    one, two = pooled_correlation(made), pooled_correlation(made[::-1])
    assert (one.rho, one.p, one.seeds) == (two.rho, two.p, two.seeds)


def test_cells_are_averaged_within_a_seed_first() -> None:
    rng = np.random.default_rng(8)
    cells = [("x", 0), ("y", 0), ("z", 0), ("x", 1)]
    made = [Replicate(*cell, *drawn(rng, 0.2)) for cell in cells]
    found = pooled_correlation(made)
    rho = {(each.cell, each.seed): test.rho for each, test in found.tests if test is not None}
    of_first = (rho["x", 0] + rho["y", 0] + rho["z", 0]) / 3
    assert found.rho == pytest.approx((of_first + rho["x", 1]) / 2)
    assert found.seeds == 2


def test_many_actors_are_sampled_and_few_tried_in_full() -> None:
    rng = np.random.default_rng(9)
    names = tuple("abcdefgh")
    six, eight = (mantel(*drawn(rng, 1.0, names[:count], noise=0.01)) for count in (6, 8))
    assert six is not None
    assert eight is not None
    assert (len(six.null), len(eight.null)) == (720, 2001)
    assert eight.p == pytest.approx(1 / 2001)
