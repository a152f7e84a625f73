"""arena/search/duel.py: whose strategy is kept, when a duel ends, and who meets whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from statistics import fmean
from typing import Any

import pytest

from arena.results.duel import DuelResults, DuelRound, LastPlayed, MoveRecord, Side, StrategyRecord
from arena.search.duel import _Duel
from arena.search.observations import Observation
from arena.search.strategies import Move, Strategy
from tests.support.duel_fakes import (
    RATE,
    REPORT,
    SEARCH,
    SELECT,
    STEPS,
    Met,
    Start,
    evaluators_of,
    nothing,
)
from tests.support.observations import observation


def values(seen: tuple[Observation, ...]) -> dict[int, float]:
    return {each.seed: each.value("worst") for each in seen}


@pytest.mark.parametrize(
    ("rises", "kept"),
    [
        ((0.06, 0.06), True),
        ((0.04, 0.04), False),
        ((0.0, 0.0), False),
        ((-0.2, -0.2), False),
        ((0.2, -0.06), True),  # by their mean, not in each
        ((0.1, -0.06), False),
    ],
)
@pytest.mark.parametrize("side", ["red", "blue"])
def test_a_side_changes_if_it_gains_enough_on_the_selection_seeds(
    side: Side, rises: tuple[float, float], kept: bool, start: Start
) -> None:
    """Blue's gain is what red loses. On the search's seeds every trial is far better."""
    sign = 1 if side == "red" else -1
    rise = dict(zip((*SELECT, *SEARCH), (*rises, 0.4), strict=True))
    remaining = {seed: round(0.5 + sign * rise[seed], 2) for seed in rise}

    def left(met: Met) -> float:
        return 0.5 if met.untuned else remaining[met.seed]

    game = start(left, threshold=0.05)
    move = game._turn(side, 1)
    assert move.gain == pytest.approx(fmean(rises))
    assert values(move.before) == dict.fromkeys(SELECT, 0.5)
    assert values(move.after) == {seed: remaining[seed] for seed in SELECT}
    assert move.kept is kept
    assert move.best is not None
    assert game._plays[side].name == (f"{side}1" if kept else f"{side}0")


@pytest.mark.parametrize("threshold", [0.05, 0.25])
def test_what_is_enough_is_the_threshold(threshold: float, start: Start) -> None:
    game = start(lambda met: 0.5 if met.untuned else 0.6, threshold=threshold)
    assert game._turn("red", 1).kept is (threshold < 0.1)


def test_red_looks_for_what_leaves_most(start: Start) -> None:
    game = start(lambda met: 8 * met.rate - 0.8)
    game._turn("red", 1)
    rate = game._all["red"][1].changes["actors.lexical.tactics"][0]["rate"]
    tried = {met.rate for met in evaluators_of(game).met if met.seed in SEARCH}
    assert len(tried) == 6
    assert rate == max(tried)


def test_blue_looks_for_what_leaves_least(start: Start) -> None:
    game = start(lambda met: met.steps / 100)
    game._turn("blue", 1)
    steps = game._all["blue"][1].changes["defender.steps"]
    tried = {met.steps for met in evaluators_of(game).met if met.seed in SEARCH}
    assert len(tried) > 3
    assert steps == min(tried)


@pytest.mark.parametrize("side", ["red", "blue"])
def test_what_breaks_its_own_limits_must_go_whatever_the_gain(side: Side, start: Start) -> None:
    sign = 1 if side == "red" else -1

    def broken(met: Met) -> float:
        return 0.5 if met.untuned else 0.0

    def left(met: Met) -> float:
        return 0.5 if met.untuned else 0.5 - 0.3 * sign

    rules = (nothing, broken) if side == "blue" else (broken, nothing)
    move = (game := start(left, *rules))._turn(side, 1)
    assert move.gain == pytest.approx(-0.3)
    assert move.kept
    assert game._plays[side].name == f"{side}1"


@pytest.mark.parametrize("side", ["red", "blue"])
@pytest.mark.parametrize("both", [False, True])
def test_what_breaks_them_on_the_selection_seeds_is_not_kept(
    side: Side, both: bool, start: Start
) -> None:
    """However much it gains, and even if what is played now breaks them too."""
    sign = 1 if side == "red" else -1

    def broken(met: Met) -> float:
        return 0.5 if met.seed in SELECT and (both or not met.untuned) else 0.0

    def left(met: Met) -> float:
        return 0.5 if met.untuned else 0.5 + 0.4 * sign

    rules = (nothing, broken) if side == "blue" else (broken, nothing)
    move = (game := start(left, *rules))._turn(side, 1)
    assert move.gain == pytest.approx(0.4)
    assert move.best is not None
    assert not move.kept
    assert game._plays[side].name == f"{side}0"


@pytest.mark.parametrize("side", ["red", "blue"])
def test_a_side_that_finds_nothing_allowed_stays(side: Side, start: Start) -> None:
    def broken(met: Met) -> float:
        return 0.5

    rules = (nothing, broken) if side == "blue" else (broken, nothing)
    move = (game := start(lambda met: 0.5, *rules))._turn(side, 1)
    assert (move.best, move.after, move.gain, move.kept) == (None, (), 0.0, False)
    assert move.feasible == 0
    assert [each.name for each in game._all[side]] == [f"{side}0"]


class Scripted(_Duel):
    """A duel whose turns are scripted: by round, whether red and blue change."""

    script: Iterator[tuple[bool, bool]]

    def _turn(self, side: Side, number: int) -> Move:
        if side == "red":
            self.now = next(self.script)
        other = Strategy("other", 0, {}, "")
        kept = self.now[side == "blue"]
        return Move(side, other, (observation(),), None, (), 0.1 if kept else 0.0, kept, 1, 1)


NO, RED, BLUE, BOTH = (False, False), (True, False), (False, True), (True, True)


@pytest.mark.parametrize(
    ("rounds", "most", "script", "ended", "played"),
    [
        (2, 4, (NO, NO, NO, NO), "threshold", 2),
        (3, 4, (NO, NO, NO, NO), "threshold", 3),
        (2, 4, (BOTH, NO, BOTH, NO), "threshold", 2),
        (2, 4, (NO, RED, NO, BOTH), "threshold", 3),
        (2, 4, (NO, BLUE, NO, BOTH), "threshold", 3),
        (2, 4, (BOTH, BOTH, RED, NO), "threshold", 4),  # at the last round, but for this reason
        (2, 4, (BOTH, BOTH, BLUE, RED), "rounds", 4),
        (2, 2, (NO, BOTH), "rounds", 2),
    ],
)
def test_a_duel_ends_when_neither_gains_or_at_the_most(
    rounds: int,
    most: int,
    script: tuple[tuple[bool, bool], ...],
    ended: str,
    played: int,
    start: Start,
) -> None:
    game = start(lambda met: 0.5, rounds=rounds, most_rounds=most)
    scripted = Scripted(game._session)
    scripted.script = iter(script)
    results = scripted.play()
    assert results.ended == ended
    assert len(results.rounds) == played


def pennies(met: Met) -> float:
    """Red matches its rate to blue's steps and blue avoids that, so no pair is an equilibrium."""
    loud, long = met.rate >= 0.15, met.steps >= 35
    return 0.9 if loud == long else 0.1


def test_every_rounds_best_meets_every_strategy_of_the_other_side(start: Start) -> None:
    """Each side answers what the other plays now, so here both change in every round."""
    game = start(pennies, rounds=2, most_rounds=3)
    results = game.play()
    moves = [move for each in results.rounds for move in both_moves(each)]
    assert [move.kept for move in moves] == [True] * 6
    assert [move.gain for move in moves] == pytest.approx([0.8] * 6)
    assert [move.against for move in moves] == [
        "blue0", "red1", "blue1", "red2", "blue2", "red3"
    ]  # fmt: skip
    assert results.ended == "rounds"
    assert_all_met(results)
    rates = {each.name: rate_of(each) for each in results.strategies.red}
    steps = {each.name: steps_of(each) for each in results.strategies.blue}
    for cell in results.payoff:
        met = [Met(rates[cell.red], steps[cell.blue], seed, "test") for seed in REPORT]
        assert cell.per_seed == tuple(pennies(each) for each in met)
        assert {*met} <= {*evaluators_of(game).met}
    on_test = {met.seed for met in evaluators_of(game).met if met.split == "test"}
    assert on_test == {*REPORT}
    assert not {met.seed for met in evaluators_of(game).met if met.split != "test"} & on_test


def test_both_strategies_are_judged_on_all_selection_seeds(start: Start) -> None:
    """With `kept` a limit may be broken in one of two seeds: red0 breaks it there, and stays."""

    def near(met: Met) -> float:
        return 0.9 if met.seed == SELECT[0] else 0.0

    game = start(lambda met: 0.5, near, limits="{kept: 0.5, written: 1.0}")
    move = game._turn("red", 1)
    assert (move.kept, game._plays["red"].name, game._plays["red"].feasible) == (
        False,
        "red0",
        True,
    )
    strict = start(lambda met: 0.5, near, limits="{kept: 1.0, written: 1.0}")
    strict._session = replace(strict._session, name="strict")
    assert strict._turn("red", 1).before
    assert not strict._all["red"][0].feasible


def test_a_gain_is_over_the_seeds_that_both_were_measured_on(start: Start) -> None:
    before = [observation(seed, left=left) for seed, left in ((1, 0.1), (2, 0.2), (3, 0.9))]
    after = [observation(seed, left=0.5) for seed in (1, 2)]
    assert start(nothing)._gain("red", before, after) == pytest.approx(0.35)
    assert start(nothing)._gain("blue", before, after) == pytest.approx(-0.35)


def test_an_experiment_that_fails_is_left_out_of_the_payoffs_and_named(start: Start) -> None:
    game = start(pennies, rounds=2, most_rounds=2)
    evaluators_of(game).fails = lambda met: met.untuned and met.seed == REPORT[1]
    results = game.play()
    first, *rest = results.payoff
    assert (first.red, first.blue, first.seeds) == ("red0", "blue0", 1)
    assert first.failed == {str(REPORT[1]): "diverged"}
    assert all((each.seeds, each.failed) == (2, {}) for each in rest)
    assert results.equilibrium.value.value is not None


def test_a_pair_that_fails_in_every_seed_has_no_payoff_and_ends_no_duel(start: Start) -> None:
    game = start(pennies, rounds=2, most_rounds=2)
    evaluators_of(game).fails = lambda met: (
        (met.split, met.rate) == ("test", RATE) and met.steps != STEPS
    )
    results = game.play()
    lost = [each for each in results.payoff if each.failed]
    assert {(each.red, each.seeds, len(each.failed)) for each in lost} == {("red0", 0, 2)}
    assert len(lost) == 2  # against what blue found in each round
    assert set(results.replies.blue) == {"red0", "red1", "red2"}
    assert results.replies.blue["red0"] == "blue0"
    assert (results.equilibrium.note or "").startswith("every experiment failed of red0 against")


def test_a_pair_that_makes_no_valid_scenario_ends_no_duel(start: Start) -> None:
    """Strategies of different rounds never met in a search."""
    game = start(pennies)
    much = Strategy("red9", 1, {"actors.lexical.poison.rate": 0.7}, "most of the mix")
    more = Strategy("blue9", 1, {"actors.linguist.poison.rate": 0.4}, "and more than the rest")
    game._all["red"].append(much)
    game._all["blue"].append(more)
    seen = game._payoffs()
    assert list(seen) == [(r, b) for r in ("red0", "red9") for b in ("blue0", "blue9")]
    lost = {pair: each for pair, each in seen.items() if not each.seen}
    assert set(lost) == {("red9", "blue9")}
    assert set(lost["red9", "blue9"].failed) == {*REPORT}


def test_a_strategy_in_play_that_fails_is_given_up_like_one_that_breaks_a_limit(
    start: Start,
) -> None:
    game = start(lambda met: 0.5, threshold=0.05)
    evaluators_of(game).fails = lambda met: met.untuned
    move = game._turn("red", 1)
    assert (move.before, move.gain, move.kept) == ((), 0.0, True)
    assert game._all["red"][0].constraints == {"failed": 2.0}


def test_what_was_found_and_not_kept_is_met_too(start: Start) -> None:
    results = start(lambda met: 0.5, rounds=2, most_rounds=4).play()
    assert results.ended == "threshold"
    assert len(results.rounds) == 2
    assert results.last == LastPlayed(red="red0", blue="blue0")
    assert_all_met(results)


def assert_all_met(results: DuelResults) -> None:
    """That the payoffs are of all pairs of what was played first and what the rounds found."""
    moves = [both_moves(each) for each in results.rounds]
    reds = ["red0", *(red.name for red, _ in moves)]
    blues = ["blue0", *(blue.name for _, blue in moves)]
    assert len({*reds, *blues}) == 2 * (1 + len(results.rounds))
    pairs = [(cell.red, cell.blue) for cell in results.payoff]
    assert sorted(pairs) == sorted(product(reds, blues))


def both_moves(played: DuelRound) -> tuple[MoveRecord, MoveRecord]:
    assert played.red is not None
    assert played.blue is not None
    return played.red, played.blue


def rate_of(strategy: StrategyRecord) -> float:
    tactics: Any = strategy.changes.get("actors.lexical.tactics", [{"rate": RATE}])
    return float(tactics[0]["rate"])


def steps_of(strategy: StrategyRecord) -> int:
    steps: Any = strategy.changes.get("defender.steps", STEPS)
    return int(steps)
