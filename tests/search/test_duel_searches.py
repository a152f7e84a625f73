"""arena/search/duel.py: how a side searches for its next strategy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.search.duel import _Duel
from arena.search.pruning import Pruning
from arena.search.strategies import Strategy
from arena.search.studies import outcome_of
from tests.support.duel_fakes import Met, Start, evaluators_of, nothing
from tests.support.observations import observation


def test_a_search_against_another_opponent_is_another_study(start: Start) -> None:
    """A longer first search may find another strategy; the second must not meet the old study."""
    game = start(nothing)
    base = game._session.scenario
    assert game._spec("red", 1, base).name == "d.red1"
    names = set()
    for rate in (0.1, 0.2):
        tactics = [{"method": "poison_budget", "rate": rate}]
        game._plays["red"] = Strategy("red1", 1, {"actors.lexical.tactics": tactics}, "")
        names.add(game._spec("blue", 1, base).name)
    assert len(names) == 2
    assert all(name.startswith("d.blue1-") for name in names)


RACE = {
    "seeds": "{search: [200, 203, 204, 205], select: [201, 202], report: [10, 11]}",
    "race": "{dropped: 0.1, error: 0.05}",
    "blue__trials": "8",
}


def many_steps_remove_more(met: Met) -> float:
    """Blue's strategies differ plainly, and seeds a little."""
    return 0.9 - 0.8 * (met.steps - 20) / 30 + 0.001 * (met.seed % 5)


def searched_by_blue(game: _Duel) -> list[int]:
    """Return on how many seeds each trial of blue's first search was measured; the best strategy
    must be complete."""
    spec = game._spec("blue", 1, game._session.scenario)
    study = game._session.search(spec)
    outcomes = [outcome for trial in study.trials if (outcome := outcome_of(trial))]
    best = min(outcomes, key=lambda each: each.values or (1.0,))
    assert best.why is None
    return [len(outcome.seen) for outcome in outcomes]


def test_blue_races_over_seeds_too(start: Start) -> None:
    counts = searched_by_blue(start(many_steps_remove_more, **RACE))
    assert len(counts) == 8
    assert min(counts) < 4
    assert max(counts) == 4


def test_without_a_race_blue_measures_every_strategy_on_every_seed(start: Start) -> None:
    assert set(searched_by_blue(start(many_steps_remove_more, **{**RACE, "race": "null"}))) == {4}


def test_what_one_removal_leaves_ends_no_strategy_of_blue(start: Start) -> None:
    """Further removals can only lower the worst case, which is what blue wants: after one removal a
    strategy that looks lost may be the best. Whole seeds decide."""
    game = start(many_steps_remove_more, **RACE)
    spec = game._spec("blue", 1, game._session.scenario)
    study = game._session.search(spec)
    pruning = Pruning(study, spec.criteria, spec.race)
    lost = [observation(seed, left=0.95) for seed in (200, 203)]
    trial = study.ask()
    assert pruning.reason(trial, lost[:1], False, [0.95], {}) is None
    assert "its chance to beat" in (pruning.reason(trial, lost, True, [0.95], {}) or "")


def test_a_search_begins_with_the_starts_and_with_what_its_side_plays(start: Start) -> None:
    game = start(
        lambda met: met.steps / 100,
        blue__starts="[{option: relabel, defender.steps: 33}]",
        blue__trials="3",
        threshold=0.01,
    )
    first = game._turn("blue", 1)
    assert first.kept
    assert first.best is not None
    tried = [met.steps for met in evaluators_of(game).met if met.seed == 200]
    assert tried[0] == 33
    second = game._starts("blue")
    assert second == [
        {"option": "relabel", "relabel:defender.steps": 33},
        dict(first.best.params),
    ]


def test_a_strategy_that_is_found_again_keeps_its_name(start: Start) -> None:
    """Blue plays its best in each round, and finds it again among what its search begins with."""
    game = start(lambda met: met.steps / 100, rounds=3, most_rounds=3, blue__trials="1")
    results = game.play()
    assert [both.blue.name for both in results.rounds if both.blue] == ["blue1"] * 3
    assert [both.blue.kept for both in results.rounds if both.blue] == [True, False, False]
    assert [each.name for each in results.strategies.blue] == ["blue0", "blue1"]
    assert {each.blue for each in results.payoff} == {"blue0", "blue1"}


def test_only_trials_that_ran_are_counted(start: Start) -> None:
    game = start(lambda met: met.steps / 100, blue__trials="2")
    first = game._turn("blue", 1)
    known = [{"option": "relabel", "relabel:defender.steps": steps} for steps in (21, 22, 23)]
    spec = replace(game._spec("blue", 1, game._session.scenario), starts=known)
    game._session.search(spec)  # finished: what is added now waits for ever
    assert first.trials == game._turn("blue", 1).trials == 2


@pytest.mark.parametrize("side", ["red", "blue"])
def test_the_scenarios_own_strategy_is_no_start(start: Start, side: str) -> None:
    assert start(nothing)._starts("red" if side == "red" else "blue") == []
