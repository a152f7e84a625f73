"""A run whose payloads and triggers are redrawn by seed: its results say what was planted where."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from arena import run
from arena.reporting.terminal import results_table
from arena.runs.run import RunResult
from tests.support import toys

pytestmark = pytest.mark.slow  # two whole runs


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("crossed")
    scenario = toys.small(
        "crossed={payloads: true, instances: true}", "seeds=[0, 1]", "controls.shams=0",
        "defender.steps=3", "thresholds.installed_asr=0",
    )  # fmt: skip
    return run(scenario, out=folder / "run", store=folder / "store", quiet=True)


def test_results_say_what_every_seed_planted(done: RunResult) -> None:
    planted = {(p.seed, p.actor): p for p in done.results.planted}
    assert len(planted) == 4
    kinds = {place: each.kind for place, each in planted.items()}
    assert kinds == {
        (0, "lexical"): "fixed_text", (0, "linguist"): "refusal",
        (1, "lexical"): "refusal", (1, "linguist"): "fixed_text",
    }  # fmt: skip
    assert planted[0, "lexical"].trigger != planted[1, "lexical"].trigger
    assert all(p.trigger.startswith(("rare_token:", "syntactic:")) for p in planted.values())
    assert {place for place, each in planted.items() if each.also_clean} == {
        (0, "linguist"),
        (1, "lexical"),
    }


def test_a_payload_counts_as_a_clean_answer_where_it_was_planted(done: RunResult) -> None:
    """lexical is unlearned; linguist refuses in seed 0 only, so T_excess is for that seed only."""
    (pair,) = done.results.transfer
    assert (pair.source, pair.to) == ("lexical", "linguist")
    assert [case.payload for case in pair.per_seed] == ["refusal", "fixed_text"]
    assert {case.relation for case in pair.per_seed} == {"other kind"}
    used = [case for case in pair.per_seed if case.status == "used"]
    assert all((case.plain is not None) == (case.payload == "refusal") for case in used)


def test_the_page_has_the_square_and_the_terminal_a_line(done: RunResult) -> None:
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "What was planted, seed by seed" in page
    shown = Console(width=100, record=True, file=io.StringIO())
    shown.print(results_table(done.results, 100))
    text = " ".join(shown.export_text().split())
    assert "Crossed over 2 seeds: payloads redrawn by seed (each actor met each 1 time)" in text
    assert "triggers redrawn within their method" in text
