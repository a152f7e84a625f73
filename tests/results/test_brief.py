"""Results are shown in a line, and in notebooks with a small table."""

from __future__ import annotations

import pytest

from arena.results.claim import Claim
from arena.results.duel import DuelResults
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.reader import MODELS
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressCell, StressResults
from arena.results.summary import SummaryRow
from arena.results.tune import TuneResults
from tests.support.sample_results import results

NAMED = ScenarioRecord({"name": "grid"})


def test_a_whole_run_is_a_line() -> None:
    run = results(8)
    text = repr(run)
    assert text == str(run)
    assert text.startswith("<RunResults quickstart, 4 actors, 8 seeds, ")
    assert f"claim {run.claim.verdict}, T {run.claim.transfer.value:.2f} [" in text  # type: ignore[union-attr]
    assert len(text) < 160


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_at_all_can_be_shown(kind: str) -> None:
    empty = MODELS[kind]()
    assert repr(empty).startswith(f"<{type(empty).__name__}")
    assert empty._repr_html_().startswith("<p><b>")


def test_a_stress_run_says_how_many_cells_failed() -> None:
    cells = tuple(StressCell(id=name, status=name) for name in ("done", "failed"))  # type: ignore[arg-type]
    assert repr(StressResults(scenario=NAMED, cells=cells)) == (
        "<StressResults grid, 2 cells (1 failed), 0 seeds>"
    )


def test_searches_say_what_was_searched() -> None:
    assert repr(TuneResults(scenario=NAMED, verdict="bard escapes")) == (
        "<TuneResults grid, 0 trials, bard escapes>"
    )
    assert "bard against a defender" in repr(DuelResults(actor="bard"))


def test_a_notebook_shows_every_model_with_what_is_special_escaped() -> None:
    rates = {"<b>": SeedEstimate(value=0.5, low=0.25, high=0.75)}
    row = SummaryRow(label="unlearn <b>", kind="unlearned", asr=rates)
    claim = Claim(verdict="fails", transfer=Estimate(value=0.125))
    html = RunResults(actors=("<b>", "c"), summary=(row,), claim=claim)._repr_html_()
    assert "<td>unlearn &lt;b&gt;</td><td>0.50 [0.25, 0.75]</td><td>-</td><td>-</td>" in html
    assert "claim fails, T 0.12</b>" in html
