"""The tables of a duel in docs/findings.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.results.writer import write_results
from benchmarks import findings, findings_duels
from benchmarks.findings_kept import Kept
from tests.support.duel_results import duel

KEPT = Kept("arena duel duel_small", duel(), {})


def test_every_turn_has_a_line_with_what_it_gained() -> None:
    head, _, *rows = findings_duels.moves(KEPT).splitlines()
    assert head.startswith("| round | move | against | before | after | gain | adopted |")
    moves = [each for both in KEPT.duel.rounds for each in (both.red, both.blue) if each]
    assert len(rows) == len(moves)
    for row, move in zip(rows, moves, strict=True):
        assert f"| {move.name}" in row
        assert f"| {'yes' if move.kept else 'no'} |" in row


def test_payoffs_are_red_by_blue_with_their_intervals() -> None:
    head, _, *rows = findings_duels.payoffs(KEPT).splitlines()
    assert head == "|  | blue0 | blue1 | blue2 |"
    assert [row.split(" | ")[0] for row in rows] == ["| red0", "| red1", "| red2"]
    assert all(row.count("[") == 3 for row in rows)


def test_a_pair_that_was_not_played_is_empty() -> None:
    results = duel()
    short = results.model_copy(update={"payoff": results.payoff[:-1]})
    *_, last = findings_duels.payoffs(Kept("arena duel x", short, {})).splitlines()
    assert last.endswith("| \N{EN DASH} |")


def test_the_equilibrium_is_its_value_and_the_weights_of_both_sides() -> None:
    assert findings_duels.equilibrium(KEPT).splitlines()[2:] == [
        "| ASR left | **0.67 [0.58, 0.72]** |",
        "| red0: untuned | 0.00 |",
        "| red1: decoy immunisation (rate 0.2), late arrival (share 0.35) | 0.17 |",
        "| red2: decoy immunisation (rate 0.31) | 0.83 |",
        "| blue0: relabel, 60 steps at 1e-4 | 0.93 |",
        "| blue1: crow, 40 steps at 3e-4 | 0.00 |",
        "| blue2: crow, 90 steps at 2e-4 | 0.07 |",
    ]


def test_a_kept_duel_is_read_again_without_its_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "RESULTS", tmp_path / "kept")
    (tmp_path / "run").mkdir()
    write_results(tmp_path / "run", duel())
    file = findings.keep(tmp_path / "run", "small", "arena duel duel_small")
    assert json.loads(file.read_text())["results"]["study"]["storage"] == ""
    again = findings.kept("small")
    assert findings_duels.payoffs(again) == findings_duels.payoffs(KEPT)
    assert findings_duels.duel(again) == (
        "`arena duel duel_small` (seeds: 2 search, 1 select, 8 report)"
    )
