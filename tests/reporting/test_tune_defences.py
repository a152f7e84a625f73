"""The defences of a search's page: the unseen defender and the league's entry with its objective
are told apart."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from arena.reporting.against import payoffs
from arena.results.estimate import Estimate
from arena.results.scenario import ScenarioRecord
from arena.results.tune import TuneResults
from tests.support.tune_pages import shown, text_of
from tests.support.tune_results import tune

LEAGUE: list[JsonValue] = [
    {"name": "npo", "objective": {"method": "npo"}},
    {"name": "crow", "objective": {"method": "crow"}},
]
WHY = (
    "npo of the league has the objective of the unseen defender but another dose: the unseen "
    "defender is judged like the scenario's, at least and most"
)


def searched(*names: str, against: tuple[str, ...] = ()) -> TuneResults:
    """The sample, whose strategies leave 0.9, 0.8 and so on under these defences."""
    left = {name: Estimate(value=0.9 - 0.1 * n) for n, name in enumerate(names)}
    made = tune()
    contenders = (each.model_copy(update={"by_defence": left}) for each in made.contenders)
    parts: dict[str, Any] = {
        "contenders": tuple(contenders),
        "scenario": ScenarioRecord({"league": LEAGUE}),
        "study": made.study.model_copy(update={"against": against}),
    }
    return made.model_copy(update=parts)


def test_the_league_entry_with_the_objective_of_the_unseen_defender_is_told_apart_from_it() -> None:
    text = text_of(searched("least", "most", "npo", "crow", against=("least", "most")))
    assert "but with npo, 40 steps, learning rate 0.0002; judged at the same doses (least" in text
    assert "defender, dose most the scenario's defender; in the search 0.80" in text
    assert "npo league, largest harmless dose 0.70" in text
    assert WHY in text


def test_it_is_told_in_the_terminal_too() -> None:
    results = searched("least", "most", "npo", "crow")
    assert WHY in " ".join(shown(results, 80).split())


def test_without_doses_or_without_such_an_entry_no_dose_is_spoken_of() -> None:
    once = payoffs(searched("", "npo"))
    assert once is not None
    assert (once.doses, once.rows[1].whose) == ([], "league")
    assert once.apart.endswith("but steps and a learning rate of its own.")
    other = searched("least", "most", "crow").model_copy(update={"unseen": {"defender.steps": 9}})
    told = payoffs(other)
    assert told is not None
    assert told.apart == ""


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ((), "is left after another actor's trigger was unlearned, the worst of the disclosed"),
        (("crow",), "is left by crow (where a trigger is disclosed, the worst of the disclosed"),
        (
            ("least", "crow", "beear"),
            "is left by whichever of these defences leaves least of it in each seed: the "
            "scenario's defender at dose least, crow or beear (where a trigger is disclosed",
        ),
    ],
)
def test_what_the_value_is_left_by(against: tuple[str, ...], words: str) -> None:
    assert words in text_of(searched("least", "crow", against=against))
