"""A run whose defender is given no trigger says nothing on the claim, and shows none."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from arena.reporting.run_page import page
from arena.reporting.terminal import results_table
from arena.results.scenario import ScenarioRecord
from tests.support.planted_results import scenario_of
from tests.support.sample_results import results


@pytest.mark.parametrize(("intelligence", "judged"), [("disclosed", True), ("decoy", False)])
def test_the_claim_stands_where_a_trigger_was_disclosed(intelligence: str, judged: bool) -> None:
    scenario = scenario_of([0])
    defender = {**scenario["defender"], "intelligence": intelligence}
    record = ScenarioRecord({**scenario, "defender": defender})
    run = results().model_copy(update={"scenario": record})
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(results_table(run, 100))
    html, drawn = page(run, [])
    statement = "Unlearning one backdoor suppresses unknown others"
    assert (statement in html) == judged
    assert ("claim" in drawn) == judged
    assert (statement in console.export_text()) == judged
