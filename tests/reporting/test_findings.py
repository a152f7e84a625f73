"""The tables of README and findings are those of the results that they came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.results.claim import Claim
from arena.results.estimate import Estimate
from arena.results.pairs import Pair, PairSeed
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from benchmarks import (
    findings,
    findings_again,
    findings_grids,
    findings_kept,
    findings_overview,
    findings_runs,
)
from tests.reporting.test_plane import DEEP, SHALLOW, grid

PLACES = [
    (file.name, run, kind)
    for file in findings.DOCUMENTS
    for _, run, kind, _ in findings.PLACE.findall(file.read_text())
]


@pytest.mark.parametrize("file", findings.DOCUMENTS, ids=lambda file: file.name)
def test_every_table_is_rebuilt_from_kept_results(file: Path) -> None:
    assert findings.rebuilt(file.read_text()) == file.read_text()


def test_documents_have_tables_and_every_kept_run_is_shown() -> None:
    assert PLACES
    shown = {run for _, run, _ in PLACES}
    shown |= {run + findings.AGAIN for _, run, kind in PLACES if kind in findings.OF_TWO}
    assert shown == {file.stem for file in findings.RESULTS.glob("*.json")}


@pytest.mark.parametrize("file", sorted(findings.RESULTS.glob("*.json")), ids=lambda f: f.stem)
def test_a_kept_run_says_which_command_repeats_it(file: Path) -> None:
    run = findings.kept(file.stem)
    assert run.command.startswith("arena ")
    assert run.results.scenario.name in run.command


def test_a_table_changed_by_hand_is_noticed() -> None:
    _, run, kind = PLACES[0]
    text = f"<!-- table {run} {kind} -->\nby hand\n<!-- end -->"
    assert "by hand" not in findings.rebuilt(text)


def planted() -> findings_kept.Kept:
    """A grid of two depths, the shallow one with a T at `least` only."""
    claim = Claim(transfer=Estimate(value=0.21, low=0.1, high=0.3))
    shallow = SHALLOW.model_copy(update={"claim": claim})
    return findings_kept.Kept("arena stress depth", grid(DEEP, shallow), {})


def test_the_plane_is_a_table_of_depths_and_doses() -> None:
    assert findings_grids.plane(planted()).splitlines() == [
        "| exposures | cell | 0.001 | 0.0032 | 0.01 | 0.032 |",
        "| --- | --- | --- | --- | --- | --- |",
        "| 1,792 | 350_steps | 0.13 [0.00, 1.00] | 0.27 [0.00, 1.00] | 0.58 [0.00, 1.00] | "
        "\N{EN DASH} |",
        "| 7,168 | 1400_steps | 0.03 [0.00, 1.00] | \N{MINUS SIGN}0.04 [0.00, 1.00] | "
        "0.19 [0.00, 1.00] | 0.62 [0.00, 1.00] |",
    ]
    *_, deep = findings_grids.plane_controls(planted()).splitlines()
    assert deep == (
        "| 7,168 | 1400_steps | 1.00 / 0.90 | 0.00 / 0.70 | 0.00 / 0.50 | 0.00 / 0.30 |"
    )


def test_a_repetition_is_beside_its_run() -> None:
    claim = Claim(transfer=Estimate(value=0.18, low=0.0, high=0.4), verdict="inconclusive")
    shallow = SHALLOW.model_copy(update={"claim": claim})
    later = findings_kept.Kept("arena stress depth", grid(DEEP, shallow), {})
    *_, row = findings_again.again(planted(), later).splitlines()
    given = "| 350_steps | least | 0.21 [0.10, 0.30] |  | 0.18 [0.00, 0.40] | `inconclusive` |"
    assert row == given


def test_every_depth_says_where_its_doses_stand() -> None:
    *_, shallow, deep = findings_grids.depths(planted()).splitlines()
    assert shallow == (
        "| 1,792 | 350_steps | 0.0032 | 0.001 | 0.001 to 0.0032 (8 of 8) | 0.21 [0.10, 0.30] | "
        "0.01 to 0.01 (6 of 8) |  |"
    )
    assert deep.startswith("| 7,168 | 1400_steps | 0.0032 | 0.001 |")


def test_the_tables_of_the_plane_can_be_named_in_a_document() -> None:
    assert {"plane", "plane_controls", "depths"} <= findings.TABLES.keys()


def test_every_seed_stands_by_itself_with_the_pairs_that_count() -> None:
    used = PairSeed(seed=3, status="used", control=0.9, unlearned=0.3, sham=0.8, transfer=0.6,
                    odd=0.1)  # fmt: skip
    gone = PairSeed(seed=3, status="explained_by_control", control=0.1, unlearned=0.0)
    pairs = [
        Pair(source="a", to="b", per_seed=(used,)),
        Pair(source="b", to="a", per_seed=(gone,)),
    ]
    row = Row(name="compromised", kind="compromised", seed=3,
              asr={"a": Rate(hits=9, n=10), "b": Rate(hits=10, n=10)})  # fmt: skip
    results = RunResults(seeds=(3,), actors=("a", "b"), rows=(row,), transfer=tuple(pairs))
    assert findings_runs.seeds(findings_kept.Kept("arena run x", results, {})).splitlines()[2:] == [
        "| 3 | 0.90, 1.00 | least | 1 of 2 | 0.90 | 0.30 | 0.80 | 0.60 | 0.10 |"
    ]


def test_the_table_of_runs_is_linked_to_its_sections() -> None:
    text = "".join(f"## `{name}`: it is, {name}\n" for name in findings_overview.SHOWN)
    *_, last = findings_overview.overview(text, findings.kept).splitlines()
    assert last.startswith(
        "| [`smollm2_sequential`](#smollm2_sequential-it-is-smollm2_sequential) | "
        "smollm2-135m, LoRA | sequential | 900 | 4 of 3 kinds | actors 4 %; defender scrubbed | "
        "1 familiar, 1 hot | no: f = 0 | 3 | "
    )


def test_a_run_without_a_section_is_noticed() -> None:
    with pytest.raises(ValueError, match="no section on independence"):
        findings_overview.overview("# Findings\n", findings.kept)
