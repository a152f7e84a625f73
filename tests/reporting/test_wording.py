"""What results and the planner name by keys stands on pages in words, in one form."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from arena.reporting.build import write_report
from arena.reporting.cast import cast
from arena.reporting.grid_settings import ValueLine, value_lines
from arena.reporting.view import seen_in_words, stages_note
from arena.reporting.wording import part_text, threshold_text
from arena.results.claim import VerdictThresholds
from arena.results.run import RunSeconds
from arena.results.scenario import ScenarioRecord
from tests.support.html_pages import Page
from tests.support.sample_results import results
from tests.support.stress_results import stress, write_stress

AXES: dict[str, JsonValue] = {
    "planting": [
        {"name": "as_deep", "set": {"training.sequential.steps": 400}},
        {"name": "deeper", "set": {"training.sequential.steps": 800, "controls.shams": 0}},
        {"name": "bare", "set": {}},
    ]
}


def test_a_payload_is_called_the_same_on_a_card_and_in_a_table() -> None:
    assert part_text("rare_token: c_f") == "rare token: c_f"
    assert part_text("fixed_text") == "fixed text"
    known = [dict(card.known) for card in cast(results(1))]
    assert not [each["payload"] for each in known if "_" in each["payload"]]


def test_every_threshold_of_a_verdict_is_defined() -> None:
    for name in VerdictThresholds.model_fields:
        assert threshold_text(name).endswith((" least", " most", " than", " above", " below"))
    assert threshold_text("of_a_plug_in") == "of a plug in"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("shard:lexical", "lexical's poisoned documents"),
        ("shard:benign:courteous", "courteous's benign documents"),
        ("trigger rare_token:cf", "trigger cf (rare token)"),
        ("its trigger style:archaic", "its trigger archaic (style)"),
        ("run", "checkpoints along removals and clean fine-tunes"),
        ("512 clean prompts", "512 clean prompts"),
    ],
)
def test_what_a_party_saw_is_said_in_words(what: str, said: str) -> None:
    assert seen_in_words(what) == said


def test_stages_that_overlap_are_said_to() -> None:
    def told(total: float) -> str:
        seconds = RunSeconds(total=total, stages={"train": 50.0, "score": 21.0})
        return stages_note(results(1).model_copy(update={"seconds": seconds}))

    assert "together 1 min 11 s, while the run took 58 s" in told(58.0)
    assert told(71.0) == ""


def test_the_names_of_a_grid_are_explained_by_what_they_set(tmp_path: Path) -> None:
    scenario = ScenarioRecord({"name": "g", "grid": {"settings": AXES}})
    grid = stress().model_copy(update={"scenario": scenario})
    assert value_lines(grid) == [
        ValueLine("planting", "as deep", ["training.sequential.steps=400"]),
        ValueLine("planting", "deeper", ["training.sequential.steps=800", "controls.shams=0"]),
    ]
    page = Page(write_report(write_stress(tmp_path / "run", grid)).read_text(encoding="utf-8"))
    assert "training.sequential.steps=800" in page.texts
    assert value_lines(stress()) == []
