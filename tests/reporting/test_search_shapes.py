"""The invented results of a search and a duel fill what real ones fill, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from arena.reporting import duel as duel_page
from arena.reporting import tune as tune_page
from arena.reporting.limits import shown_limits
from arena.results.duel import DuelResults
from arena.results.tune import TuneResults
from arena.results.writer import as_json
from tests.support.duel_results import duel
from tests.support.html_pages import text_of
from tests.support.real_searches import real_duel_results, real_tune_results
from tests.support.tune_results import tune

# Whole values: their keys are names that a scenario chose, limits, or those of an interval.
OPEN = {"scenario", "environment", "params", "changes", "unseen", "tactics", "names", "left",
        "constraints", "violated"}  # fmt: skip
ESTIMATE = {"value", "low", "high"}
NUMBERED = re.compile(r"^(red|blue)?\d+$")


@pytest.fixture(scope="module")
def real_tune(tmp_path_factory: pytest.TempPathFactory) -> TuneResults:
    return real_tune_results(tmp_path_factory.mktemp("tune"))


@pytest.fixture(scope="module")
def real_duel(tmp_path_factory: pytest.TempPathFactory) -> DuelResults:
    return real_duel_results(tmp_path_factory.mktemp("duel"))


def filled(value: Any, place: str = "") -> set[str]:
    """Every place of results that is not null; entries of a list, seeds, and a duel's strategies
    share a place."""
    if isinstance(value, list):
        return {inner for entry in value for inner in filled(entry, f"{place}[]")}
    name = place.rpartition(".")[2].removesuffix("[]")
    if not isinstance(value, dict) or name in OPEN or value.keys() == ESTIMATE:
        return set() if value is None else {place}
    return {
        inner
        for key, entry in value.items()
        for inner in filled(entry, f"{place}.{NUMBERED.sub('NUMBERED', key)}")
    }


def test_the_sample_of_a_search_fills_what_a_real_one_fills(real_tune: TuneResults) -> None:
    reasons = {".trials[].why"}  # no trial of the short search fails
    ours, theirs = filled(as_json(tune())), filled(as_json(real_tune))
    assert ours - reasons == theirs - reasons
    assert len(ours) > 80


def test_the_sample_of_a_duel_fills_what_a_real_one_fills(real_duel: DuelResults) -> None:
    ours = filled(as_json(duel()))
    assert ours == filled(as_json(real_duel))
    assert len(ours) > 50


def test_real_results_fill_their_pages(real_tune: TuneResults, real_duel: DuelResults) -> None:
    text = text_of(tune_page.page(real_tune)[0])
    assert "self distillation, 40 steps, learning rate 0.0001" in text
    assert "searching took" in text
    assert "random search took" in text
    assert "remaining ASR of the disclosed trigger at most 0.1" in text
    limits = {name for name, _, _ in shown_limits(real_tune.study.constraints)}
    assert not limits & {key.replace("_", " ") for key in real_tune.study.constraints}
    assert "red0" in text_of(duel_page.page(real_duel)[0])
