"""Which utility a table shows, and under which name."""

from __future__ import annotations

import io

from rich.console import Console

from arena.reporting import view
from arena.reporting.figures import asr_heatmap
from arena.reporting.rows import utility
from arena.reporting.run_page import page
from arena.reporting.terminal import results_table
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.run import RunResults
from arena.results.summary import SummaryRow


def row(clean: float | None, token: float | None) -> SummaryRow:
    return SummaryRow(
        label="compromised",
        kind="compromised",
        asr={"badnet": SeedEstimate(value=1.0, seeds=1)},
        clean_accuracy=None if clean is None else Estimate(value=clean),
        token_accuracy=None if token is None else Estimate(value=token),
    )


def printed(summary: list[SummaryRow]) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(results_table(RunResults(actors=("badnet",), summary=tuple(summary)), 80))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_exact_answers_are_judged_by_clean_accuracy() -> None:
    summary = [row(0.97, 0.99)]
    assert utility(summary) == "clean_accuracy"
    assert "clean" in printed(summary)
    assert "0.97" in printed(summary)
    assert "clean accuracy" in asr_heatmap(["badnet"], summary)


def test_free_text_is_judged_by_token_accuracy_and_says_so() -> None:
    summary = [row(None, 0.31)]
    assert utility(summary) == "token_accuracy"
    assert "token" in printed(summary)
    assert "0.31" in printed(summary)
    figure = asr_heatmap(["badnet"], summary)
    assert "token accuracy" in figure
    assert "clean accuracy" not in figure


def test_checkable_accuracy_is_shown_where_it_was_measured() -> None:
    plain = row(0.9, 0.5)
    checked = plain.model_copy(update={"checkable_accuracy": Estimate(value=0.63)})
    assert "check" in printed([checked])
    assert "0.63" in printed([checked])
    assert "check" not in printed([plain])
    results = RunResults(actors=("badnet",), summary=(checked, plain))
    (block,) = view.summary(results)
    assert [shown.text for shown in block[0].costs][:3] == ["0.90", "0.63", "0.50"]
    assert [shown.value for shown in block[1].costs][:3] == [0.9, None, 0.5]
    assert "checkable accuracy" in page(results, [])[0]
    assert "checkable accuracy" not in page(RunResults(summary=(plain,)), [])[0]
