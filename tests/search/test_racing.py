"""Racing: what few values say of strategies that were measured on the same seeds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.search.racing import pair_to_measure, standing

VALUES = st.floats(0, 1, allow_nan=False)


def drawn(effects: list[float], seeds: int, noise: float, rng: np.random.Generator) -> dict:
    kind = rng.normal(0, 0.3, seeds)
    return {
        name: {s: effect + kind[s] + rng.normal(0, noise) for s in range(seeds)}
        for name, effect in enumerate(effects)
    }


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(VALUES, min_size=3, max_size=3), min_size=1)
)
def test_on_equal_seeds_the_order_is_that_of_the_means(values: dict[str, list[float]]) -> None:
    known = standing({name: dict(enumerate(each)) for name, each in values.items()})
    assert np.mean(values[known.leader]) == pytest.approx(max(map(np.mean, values.values())))


def test_a_kind_seed_favours_nobody() -> None:
    """A strategy that was measured on a kind seed only is compared with the others there."""
    values = {
        "a": {0: 0.2, 1: 0.9, 2: 0.3},
        "b": {0: 0.3, 1: 1.0, 2: 0.4},
        "lucky": {1: 0.92},
    }
    known = standing(values)
    assert known.leader == "b"
    assert known.beats("lucky", "b") < 0.5


def test_means_of_few_seeds_are_pulled_towards_the_rest() -> None:
    rng = np.random.default_rng(3)
    values = drawn([0.0] * 20, 6, 0.2, rng)
    values["short"] = {0: max(each[0] for each in values.values()) + 0.05}
    known = standing(values)
    best_of_long = max(known.mean[:-1])
    assert known.mean[known.names.index("short")] < best_of_long + 0.05
    uncertain, sure = known.lead("short", 1)[1], known.lead(0, 1)[1]
    assert uncertain > sure


@pytest.mark.parametrize("gap", [0.3, 0.8])
def test_chances_of_being_better_are_calibrated(gap: float) -> None:
    """Over many draws with a planted gap, the stated chance that the leader is wrong covers how
    often it is."""
    rng, wrong, said = np.random.default_rng(5), 0, 0.0
    for _ in range(60):
        effects = [0.0, 0.0, 0.0, gap]
        known = standing(drawn(effects, 4, 0.3, rng))
        wrong += known.leader != 3
        said += known.error_of_choice()
    assert wrong <= said + 8


def test_what_is_called_unlikely_is_unlikely_where_few_values_are_known() -> None:
    """As in a search, in which most strategies have one seed or two. With the noise and the spread
    of the effects taken as known, strategies of which 0.035 was said were better in 0.18."""
    rng, said, better = np.random.default_rng(1), list[float](), list[bool]()
    for _ in range(150):
        effects = rng.normal(0, 0.1, 10)
        values = drawn(effects.tolist(), 4, 0.27, rng)
        raced = {k: dict(list(each.items())[: rng.integers(1, 5)]) for k, each in values.items()}
        known = standing(raced)
        for k in known.names:
            if k != known.leader and (chance := known.beats(k, known.leader)) < 0.1:
                said.append(chance)
                better.append(effects[k] > effects[known.leader])
    assert len(said) > 60
    assert np.mean(better) <= 0.13
    assert np.mean(better) <= np.mean(said) + 0.06


def test_the_noise_is_learnt() -> None:
    """With many values of little noise, a small lead is a sure one; with few it is not."""
    rng = np.random.default_rng(2)
    few, many = (
        standing(drawn([0.0] * n + [0.15], seeds, 0.03, rng)) for n, seeds in ((1, 2), (9, 8))
    )
    assert few.beats(0, 1) > 0.05
    assert many.beats(0, 9) < 0.01


def test_the_pair_is_the_leader_and_its_nearest_rival() -> None:
    values = {
        "far": {0: 0.1, 1: 0.1, 2: 0.1},
        "near": {0: 0.5, 1: 0.48},
        "leader": {0: 0.6, 1: 0.58, 2: 0.6},
    }
    known = standing(values)
    assert pair_to_measure(known, ()) == ("leader", "near")
    assert pair_to_measure(known, ["leader"]) == ("near",)
    assert pair_to_measure(known, ["leader", "near"]) == ()


def test_one_strategy_is_the_best_without_doubt() -> None:
    known = standing({"only": {0: 0.4}})
    assert known.error_of_choice() == 0.0
    assert pair_to_measure(known, ()) == ("only",)


@pytest.mark.parametrize("values", [{}, {"a": {}}])
def test_a_strategy_without_a_value_is_refused(values: dict) -> None:
    with pytest.raises(ValueError, match="at least one value"):
        standing(values)
