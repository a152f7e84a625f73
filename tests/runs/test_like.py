"""Finished runs like a planned one: which are taken, and how their seeds are joined."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from arena.errors import InputError
from arena.results.pairs import Pair, PairSeed
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.tune import TuneResults
from arena.results.writer import write_results
from arena.runs.like import likes
from arena.runs.outlook import WHOLE, notes, outlook, pairs_of
from arena.scenario.load import load_scenario
from tests.support import toys

PLANNED = load_scenario("quickstart")


def finished(
    folder: Path, transfers: Mapping[int, float], scenario: dict[str, Any] | None = None
) -> Path:
    """A run's folder in which unlearning `lexical` did this to `bard`, and nothing to another."""
    per_seed = [
        {
            "bard": PairSeed(seed=seed, status="used", transfer=t),
            "merchant": PairSeed(seed=seed, status="used", transfer=0.0),
            "linguist": PairSeed(seed=seed, status="not_installed"),
        }
        for seed, t in transfers.items()
    ]
    pairs = tuple(
        Pair(source="lexical", to=to, per_seed=tuple(seed[to] for seed in per_seed))
        for to in ("bard", "merchant", "linguist")
    )
    record = ScenarioRecord(PLANNED.resolved() if scenario is None else scenario)
    folder.mkdir(parents=True)
    write_results(folder, RunResults(scenario=record, transfer=pairs))
    return folder


def test_seeds_of_the_same_settings_are_joined_and_others_left_aside(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    finished(runs / "a", {0: 0.2, 1: 0.4})
    finished(runs / "b", {1: 0.6, 2: 0.8}, PLANNED.resolved() | {"seeds": [1, 2]})
    finished(runs / "c", {0: 0.9, 1: 0.9}, toys.scenario().resolved() | {"name": "else"})
    finished(runs / "d", {0: 0.9, 1: 0.8}, PLANNED.resolved() | {"stage": "pretraining"})
    (runs / "broken").mkdir()
    (runs / "broken" / "results.json").write_text("{", encoding="utf-8")
    (found,) = likes(PLANNED, runs=runs)
    assert found.folders == (runs / "a", runs / "b")
    assert found.claim == {0: 0.1, 1: 0.3, 2: 0.4}  # the mean over pairs with a T; b's seed 1
    assert found.pairs["lexical", "bard"] == {0: 0.2, 1: 0.6, 2: 0.8}
    assert found.pairs["lexical", "linguist"] == {}


def test_runs_of_the_same_name_or_actors_count_where_no_setting_is_the_same(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    other = PLANNED.resolved() | {"stage": "pretraining"}
    finished(runs / "grid" / "cells" / "x", {0: 0.2, 1: 0.4}, other)
    finished(runs / "named", {0: 0.2, 1: 0.4}, PLANNED.resolved() | {"name": "mine", "dose": None})
    finished(runs / "merged", {0: 0.9, 1: 0.8}, other | {"name": "x", "composition": "merged"})
    finished(runs / "one", {0: 0.9})
    found = likes(PLANNED, runs=runs)
    assert {each.folders for each in found} == {
        (runs / "grid" / "cells" / "x",),
        (runs / "named",),
    }
    assert likes(PLANNED, runs=tmp_path / "nowhere") == ()


def test_a_named_run_is_taken_whatever_it_ran(tmp_path: Path) -> None:
    folder = finished(tmp_path / "it", {0: 0.2, 1: 0.4}, {"name": "something else"})
    (found,) = likes(PLANNED, [folder], runs=tmp_path)
    assert found.folders == (folder,)
    with pytest.raises(InputError, match="not a finished run"):
        likes(PLANNED, [tmp_path])
    write_results(tmp_path, TuneResults())
    with pytest.raises(InputError, match="must be a run or a stress run") as refused:
        likes(PLANNED, [tmp_path])
    assert refused.value.allowed == ("run", "stress")


def test_the_outlook_rests_on_the_spread_seen(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    values = {seed: 0.3 + 0.2 * (seed % 2) for seed in range(8)}
    finished(runs / "a", values)
    told = outlook(PLANNED, (4, 8), runs=runs)
    assert told.too_few == (4,)
    assert [(line.seeds, line.of) for line in told.lines] == [
        *[(8, WHOLE)] * 3,
        *[(8, "one pair of 12")] * 3,
    ]
    claim, upper, states = told.lines[:3]
    assert claim.spread == "sd 0.05, observed"  # half of the pair's, the other pair being at 0
    assert upper.spread.startswith("sd 0.07")
    assert states.spread == "two states, assumed"
    assert claim.chances is not None
    assert claim.reach.fails is not None
    assert upper.reach.fails is not None
    assert upper.reach.fails <= claim.reach.fails
    said = "\n".join(notes(told))
    assert f"spread from {runs / 'a'}: 8 seeds, mean T 0.20" in said
    assert "4 seeds: no verdict is possible with fewer than 8" in said


def test_without_runs_every_spread_is_assumed_and_says_so(tmp_path: Path) -> None:
    told = outlook(PLANNED, (8,), runs=tmp_path)
    assert all("assumed" in line.spread and line.chances is None for line in told.lines)
    assert len(told.lines) == 8
    assert "every spread is assumed" in told.sources[0]
    finished(tmp_path / "ends", dict.fromkeys(range(8), 0.0))
    ends = outlook(PLANNED, (8,), runs=tmp_path)
    assert all("assumed" in line.spread for line in ends.lines)
    assert any("says nothing about the spread elsewhere" in line for line in ends.sources)


def test_pairs_and_the_actors_they_suppress() -> None:
    assert pairs_of(PLANNED) == (12, 4)
    assert pairs_of(load_scenario("quickstart", overrides=["defender.target=bard"])) == (3, 3)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("defender={intelligence: blind, objective: {method: crow}}", "defender.intelligence"),
        ("composition=solo", "composition"),
        ("controls.clean_finetune=false", "controls.clean_finetune"),
    ],
)
def test_what_estimates_no_transfer_has_no_power(override: str, key: str) -> None:
    scenario = load_scenario("quickstart", overrides=[override, "dose=null"])
    with pytest.raises(InputError) as refused:
        pairs_of(scenario)
    assert refused.value.key == key
    assert refused.value.allowed
