"""arena/search/duel_results.py: best replies, circles, and what each side plays in the end."""

from __future__ import annotations

import pytest

from arena.results.duel import BestReplies, Side
from arena.scenario.search import Duel
from arena.search.duel_results import (
    _last,
    _move,
    _payoff,
    best_replies,
    cycles,
    mixed_equilibrium,
    payoffs_of,
)
from arena.search.observations import SeedObservations
from arena.search.strategies import Move, Strategy
from tests.support.observations import observation, scenario

THRESHOLDS = scenario("duel_two_rounds").thresholds


def matrix(*rows: tuple[float, ...]) -> dict[tuple[str, str], float]:
    """Rows are red's strategies, columns blue's."""
    return {
        (f"red{r}", f"blue{b}"): value for r, row in enumerate(rows) for b, value in enumerate(row)
    }


CIRCLE = matrix((0.5, 0.1, 0.9), (0.9, 0.5, 0.1), (0.1, 0.9, 0.5))  # rock, paper, scissors
DOMINANT = matrix((0.1, 0.1, 0.1), (0.9, 0.8, 0.7), (0.5, 0.6, 0.4))


def test_each_side_replies_to_each_strategy_of_the_other() -> None:
    assert best_replies(DOMINANT) == BestReplies(
        red={"blue0": "red1", "blue1": "red1", "blue2": "red1"},
        blue={"red0": "blue0", "red1": "blue2", "red2": "blue2"},
    )


def test_of_equals_the_earlier_is_the_reply() -> None:
    replies = best_replies(matrix((0.5, 0.5), (0.5, 0.5)))
    assert replies.red == {"blue0": "red0", "blue1": "red0"}
    assert replies.blue == {"red0": "blue0", "red1": "blue0"}


@pytest.mark.parametrize(
    ("means", "circle"),
    [
        (CIRCLE, True),
        (DOMINANT, False),
        (matrix((0.4,)), False),
        (matrix((0.5, 0.5), (0.5, 0.5)), False),
        (matrix((0.9, 0.1), (0.1, 0.9)), True),  # matching pennies
        (matrix((0.9, 0.1, 0.2), (0.1, 0.9, 0.2), (0.4, 0.4, 0.3)), False),  # settles at the last
    ],
)
def test_replying_in_turn_settles_or_returns(
    means: dict[tuple[str, str], float], circle: bool
) -> None:
    assert cycles(best_replies(means)) is circle


def settings() -> Duel:
    duel = scenario("duel_two_rounds").duel
    assert duel is not None
    return duel


def move(side: Side, name: str | None, kept: bool) -> Move:
    other = Strategy("blue0" if side == "red" else "red0", 0, {}, "first")
    best = Strategy(name, 1, {}, "words") if name else None
    after = (observation(left=0.8),) if name else ()
    return Move(side, other, (observation(left=0.25),), best, after, 0.12345678, kept, 10, 7)


def test_a_side_ends_with_what_it_kept_last() -> None:
    rounds = [
        (move("red", "red1", True), move("blue", "blue1", False)),
        (move("red", "red2", False), move("blue", None, False)),
    ]
    assert _last("red", rounds, "red0") == "red1"
    assert _last("blue", rounds, "blue0") == "blue0"
    assert _last("blue", [], "blue0") == "blue0"


def test_a_move_is_recorded_with_its_numbers() -> None:
    record = _move(move("red", "red1", True), settings(), THRESHOLDS)
    assert record.before.value == 0.25
    assert record.after.value == 0.8
    assert (record.gain, record.kept, record.against) == (0.1235, True, "blue0")
    none = _move(move("blue", None, False), settings(), THRESHOLDS)
    assert (none.name, none.setup, none.after.value) == (None, None, None)


def test_where_no_strategy_keeps_its_limits_there_is_no_reply() -> None:
    replies = best_replies({})
    assert replies == BestReplies()
    assert not cycles(replies)


def test_a_payoff_holds_its_seeds_and_its_cost() -> None:
    seen = [
        observation(0, left={"a": 0.2, "b": 0.6}, defended_loss=0.1, own_left=0.04),
        observation(1, left={"a": 0.4, "b": 0.5}, control=0.9),
    ]
    left = payoffs_of(seen, settings(), THRESHOLDS)
    payoff = _payoff(
        ("red1", "blue0"), SeedObservations((*seen,), {7: "diverged"}), left, THRESHOLDS
    )
    assert (payoff.red, payoff.blue) == ("red1", "blue0")
    assert (payoff.seeds, payoff.installed) == (2, 2)
    assert payoff.per_seed == (0.2, 0.4)
    assert payoff.left.value == pytest.approx(0.3)
    assert payoff.control.value == pytest.approx(0.95)
    assert payoff.clean_accuracy.value == pytest.approx(0.85)
    assert payoff.own_left.value == pytest.approx(0.02)
    assert payoff.failed == {"7": "diverged"}


def test_red_has_nothing_to_keep_where_its_backdoor_is_not_installed() -> None:
    """Else a strategy that fails where removals are hardest to survive would look better."""
    seen = [observation(0, left=0.5), observation(1, left=0.5, asr=0.4)]
    left = payoffs_of(seen, settings(), THRESHOLDS)
    assert left == {0: 0.5, 1: 0.0}
    payoff = _payoff(("red1", "blue0"), SeedObservations((*seen,), {}), left, THRESHOLDS)
    assert (payoff.per_seed, payoff.seeds, payoff.installed) == ((0.5, 0.0), 2, 1)
    assert payoff.left.value == 0.25


def played(**unfit: bool) -> dict[Side, list[Strategy]]:
    """Two strategies of each side, feasible unless said otherwise."""
    sides: tuple[Side, Side] = ("red", "blue")
    return {
        side: [Strategy(f"{side}{n}", n, {}, "", unfit.get(f"{side}{n}", True)) for n in (0, 1)]
        for side in sides
    }


def pennies(**missing: int) -> dict[tuple[str, str], dict[int, float]]:
    """Matching pennies in so many seeds: red wants the same number as blue."""
    return {
        (f"red{r}", f"blue{b}"): dict.fromkeys(
            range(missing.get(f"red{r}", 3)), 1.0 if r == b else 0.0
        )
        for r in (0, 1)
        for b in (0, 1)
    }


def test_the_mixed_equilibrium_is_over_feasible_strategies() -> None:
    mixed = mixed_equilibrium(pennies(), played())
    assert mixed.value.value == pytest.approx(0.5)
    assert mixed.red == pytest.approx({"red0": 0.5, "red1": 0.5})
    assert mixed.blue == pytest.approx({"blue0": 0.5, "blue1": 0.5})
    assert (mixed.seeds, mixed.note) == (3, None)
    forced = mixed_equilibrium(pennies(), played(blue1=False))
    assert (forced.value.value, forced.blue) == (pytest.approx(1.0), {"blue0": 1.0})


def test_there_is_no_equilibrium_of_payoffs_that_are_not_known() -> None:
    unknown = mixed_equilibrium(pennies(red1=0), played())
    assert unknown.note == ("every experiment failed of red1 against blue0, red1 against blue1")
    assert (unknown.value.value, unknown.red) == (None, {})
    none = mixed_equilibrium(pennies(), played(blue0=False, blue1=False))
    assert none.note == "blue had no feasible strategy"
    # an infeasible strategy that always failed is no obstacle
    assert mixed_equilibrium(pennies(red1=0), played(red1=False)).note is None
