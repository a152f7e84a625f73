"""Which utility a table shows, and under which name."""

from __future__ import annotations

import io

from rich.console import Console

from arena.reporting.figures import asr_heatmap
from arena.reporting.rows import utility
from arena.reporting.terminal import results_table
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.run import RunResults, SummaryRow


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
