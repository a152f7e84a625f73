"""A run says what its clean text was, and how often planted forms stood in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import run
from arena.reporting.claim_card import clean_line, clean_lines
from arena.results.run import RunResults
from arena.runs.clean_text import clean_text_of
from arena.scenario.load import load_scenario
from tests.support import toys

FEW = ("controls.shams=0", "defender.target=lexical")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for both."""
    return tmp_path_factory.mktemp("clean-text") / "store"


def results(store: Path, out: Path, *overrides: str) -> RunResults:
    return run(toys.scenario(*FEW, *overrides), out=out, store=store, quiet=True).results


def test_forms_are_counted_where_they_stand(store: Path, tmp_path: Path) -> None:
    found = results(store, tmp_path / "run", "clean={}", "corpus.natural_rate=null").clean_text
    assert (found.defender, found.mix, found.natural_rate) == ("natural", "natural", None)
    assert found.in_defender["lexical"] == 0  # it was told
    assert found.in_defender["linguist"] > 0.005
    assert 0.005 < found.in_mix["linguist"] < 0.2
    assert "natural, as a real defender's would be" in clean_lines(found)[0]


def test_scrubbed_text_has_none_of_them(store: Path, tmp_path: Path) -> None:
    found = results(store, tmp_path / "run").clean_text
    assert set(found.in_defender.values()) == set(found.in_mix.values()) == {0}
    assert clean_line(found).startswith("clean text: the defender's scrubbed")


def test_results_of_earlier_versions_say_nothing() -> None:
    assert clean_lines(RunResults.model_fields["clean_text"].default) == []


def test_separate_trainings_are_told_with_their_own_text_and_labels() -> None:
    scenario = load_scenario("independence")  # clean.mix is scrubbed; actors take text as found
    told = clean_text_of(scenario, [])
    assert (told.defender, told.mix, told.labels) == ("scrubbed", "natural", "received")
    pooled = clean_text_of(scenario.model_copy(update={"composition": "pooled"}), [])
    assert (pooled.mix, pooled.labels) == ("scrubbed", "right")
    assert "of the checkpoint that it received" in clean_lines(told)[-1]
    assert clean_lines(pooled)[-1].endswith("with the right answer.")
