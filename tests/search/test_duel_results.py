"""arena/search/duel_results.py: best replies, circles, and what each side plays in the end."""

from __future__ import annotations

from typing import Any

import pytest

from arena.search.duel_results import _cell, _last, _move, _standing, best_replies, cycles
from arena.search.strategies import Move, Side, Strategy
from tests.support.observations import observation, scenario


def matrix(*rows: tuple[float, ...]) -> dict[tuple[str, str], float]:
    """Rows are red's strategies, columns blue's."""
    return {
        (f"red{r}", f"blue{b}"): value for r, row in enumerate(rows) for b, value in enumerate(row)
    }


CIRCLE = matrix((0.5, 0.1, 0.9), (0.9, 0.5, 0.1), (0.1, 0.9, 0.5))  # rock, paper, scissors
DOMINANT = matrix((0.1, 0.1, 0.1), (0.9, 0.8, 0.7), (0.5, 0.6, 0.4))


def test_each_side_replies_to_each_strategy_of_the_other() -> None:
    assert best_replies(DOMINANT) == {
        "red": {"blue0": "red1", "blue1": "red1", "blue2": "red1"},
        "blue": {"red0": "blue0", "red1": "blue2", "red2": "blue2"},
    }


def test_of_equals_the_earlier_is_the_reply() -> None:
    found = best_replies(matrix((0.5, 0.5), (0.5, 0.5)))
    assert found["red"] == {"blue0": "red0", "blue1": "red0"}
    assert found["blue"] == {"red0": "blue0", "red1": "blue0"}


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
def test_replying_in_turn_settles_or_comes_back(
    means: dict[tuple[str, str], float], circle: bool
) -> None:
    assert cycles(best_replies(means)) is circle


def move(side: Side, name: str | None, kept: bool) -> Move:
    other = Strategy("blue0" if side == "red" else "red0", 0, {}, "first")
    found = Strategy(name, 1, {}, "told") if name else None
    after = (observation(left=0.8),) if name else ()
    return Move(side, other, (observation(left=0.25),), found, after, 0.12345678, kept, 10, 7)


def test_a_side_ends_with_what_it_kept_last() -> None:
    rounds = [
        (move("red", "red1", True), move("blue", "blue1", False)),
        (move("red", "red2", False), move("blue", None, False)),
    ]
    assert _last("red", rounds, "red0") == "red1"
    assert _last("blue", rounds, "blue0") == "blue0"
    assert _last("blue", [], "blue0") == "blue0"


def test_a_move_is_told_with_its_numbers() -> None:
    found = _move(move("red", "red1", True), "worst")
    assert found["before"]["value"] == 0.25
    assert found["after"]["value"] == 0.8
    assert (found["gain"], found["kept"], found["against"]) == (0.1235, True, "blue0")
    none = _move(move("blue", None, False), "worst")
    assert (none["name"], none["setup"], none["after"]["value"]) == (None, None, None)


def test_where_no_strategy_keeps_its_limits_nobody_replies() -> None:
    replies = best_replies({})
    assert replies == {"red": {}, "blue": {}}
    assert not cycles(replies)


def test_a_cell_holds_its_seeds_and_what_it_cost() -> None:
    seen = [
        observation(0, left={"a": 0.2, "b": 0.6}, defended_loss=0.1, own_left=0.04),
        observation(1, left={"a": 0.4, "b": 0.5}, control=0.9),
    ]
    faint = observation(2, left=0.0, asr=0.4)
    standing = _standing([*seen, faint], scenario("duel").thresholds)
    found: dict[str, Any] = _cell(("red1", "blue0"), seen, standing, "worst")
    assert (found["red"], found["blue"], found["seeds"]) == ("red1", "blue0", 2)
    assert found["per_seed"] == [0.2, 0.4]
    assert found["left"]["value"] == pytest.approx(0.3)
    assert found["control"]["value"] == pytest.approx(0.95)
    assert found["clean_accuracy"]["value"] == pytest.approx(0.85)
    assert found["own_left"]["value"] == pytest.approx(0.02)
