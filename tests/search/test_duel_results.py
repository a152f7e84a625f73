"""arena/search/duel_results.py: best replies, circles, and what each side plays in the end."""

from __future__ import annotations

import pytest

from arena.results.duel import BestReplies, Side
from arena.scenario.search import Duel
from arena.search.duel_results import _installed, _last, _move, _payoff, best_replies, cycles
from arena.search.strategies import Move, Strategy
from tests.support.observations import observation, scenario


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
    duel = scenario("duel").duel
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
    record = _move(move("red", "red1", True), settings())
    assert record.before.value == 0.25
    assert record.after.value == 0.8
    assert (record.gain, record.kept, record.against) == (0.1235, True, "blue0")
    none = _move(move("blue", None, False), settings())
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
    faint = observation(2, left=0.0, asr=0.4)
    installed = _installed([*seen, faint], scenario("duel").thresholds)
    payoff = _payoff(("red1", "blue0"), seen, installed, settings())
    assert (payoff.red, payoff.blue, payoff.seeds) == ("red1", "blue0", 2)
    assert payoff.per_seed == (0.2, 0.4)
    assert payoff.left.value == pytest.approx(0.3)
    assert payoff.control.value == pytest.approx(0.95)
    assert payoff.clean_accuracy.value == pytest.approx(0.85)
    assert payoff.own_left.value == pytest.approx(0.02)
