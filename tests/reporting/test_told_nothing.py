"""A run whose defender is told no trigger has no word on the claim, and says none."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from arena.reporting.build import draw, render
from arena.reporting.terminal import results_table
from tests.support.sample_results import results as sample


def shown(intelligence: str) -> tuple[str, dict[str, str], str]:
    results: dict[str, Any] = sample()
    defender = {**results["scenario"].get("defender", {}), "intelligence": intelligence}
    results["scenario"] = {**results["scenario"], "defender": defender}
    drawn = draw(results, [])
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(results_table(results, 100))
    return render(results, [], drawn), drawn, console.export_text()


@pytest.mark.parametrize(("intelligence", "judged"), [("disclosed", True), ("decoy", False)])
def test_the_claim_stands_where_a_trigger_was_disclosed(intelligence: str, judged: bool) -> None:
    page, drawn, terminal = shown(intelligence)
    statement = "Unlearning one backdoor suppresses unknown others"
    assert (statement in page) == judged
    assert ("claim" in drawn) == judged
    assert (statement in terminal) == judged
