"""The tables of README and findings are those of the results that they came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import findings

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
