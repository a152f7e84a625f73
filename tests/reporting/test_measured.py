"""The optional sections of a run's page: there when measured, left out when not, never guessed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from arena.reporting.behaviour import costs, quiet, samples_and_curves
from arena.reporting.build import draw, render
from arena.reporting.hidden_states import representations
from arena.reporting.omissions import omissions
from arena.reporting.rows import residents
from tests.support.measured_results import NOTE, measured
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results

from .test_build import EVIL, Page, nulled

HEADS = {
    "residence": "Do the backdoors coexist?",
    "representations": "Inside the models",
    "reactivation": "How easily they come back",
    "quiet": "Gone, or only quiet",
}
KEYS = ("representations", "reactivation", "quiet")


def page_of(found: dict[str, Any]) -> str:
    return render(found, [], draw(found, []))


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(measured())


def test_every_section_is_there_when_measured(page: str) -> None:
    read = Page(page)
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert {"residence", "casd", "reactivation"} < set(draw(measured(), []))
    for head in HEADS.values():
        assert head in read.texts
    assert f"{NOTE[:1].upper()}{NOTE[1:]}." in page.replace("&#39;", "'")


def test_no_section_is_there_when_not_measured() -> None:
    text = page_of(results(8))
    for head in HEADS.values():
        assert head not in text


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, {}, [], "x", 3])
def test_a_key_with_nothing_in_it_leaves_its_section_out(key: str, value: object) -> None:
    text = page_of(measured() | {key: value})
    assert HEADS[key] not in text
    assert all(HEADS[other] in text for other in KEYS if other != key)


def test_models_on_their_way_stand_in_their_own_figure_only() -> None:
    drawn = draw(measured(), [])
    assert ">after lexical<" in drawn["residence"]
    assert ">bard alone<" in drawn["residence"]
    assert ">after lexical<" not in drawn["asr"]
    assert "unlearn" not in drawn["residence"]
    kinds = [row["kind"] for row in residents(measured()["summary"])]
    assert kinds == ["reference", *["inserted"] * 4, "compromised"]


def test_the_correlation_is_told_in_words() -> None:
    told = {row["name"]: row for row in representations(measured())["correlation"]}
    assert told["CASD"]["says"] == "the closer, the more transfer"
    assert told["CASD"]["p"] == "< 0.001"
    assert told["CASD of mean absolute shifts"]["says"] == "the farther apart, the more transfer"
    assert told["cosine distance of the shifts"]["says"] == "no relation shown"
    assert told["CASD over clean prompts"]["says"] == "not defined"
    assert told["CASD over clean prompts"]["rho"] == "\N{EN DASH}"


def test_the_page_always_says_whose_formula_it_is_not() -> None:
    found = measured()
    del found["representations"]["note"]
    assert representations(found)["note"] == f"{NOTE[:1].upper()}{NOTE[1:]}."


def test_recognition_shows_the_last_layer_above_the_reference() -> None:
    found = measured()
    shown = representations(found)["recognition"]
    rows = {row["label"]: row["cells"] for row in shown["rows"]}
    entry = next(r for r in found["representations"]["recognition"] if r["kind"] == "control")
    assert rows["clean fine-tune"][0]["value"].value == entry["above_reference"][-1]["value"]
    reference = found["representations"]["recognition"][0]
    assert rows["reference (AUROC itself)"][0]["value"].value == reference["layers"][-1]["value"]
    assert [cell["own"] for cell in rows["unlearn bard"]] == [actor == "bard" for actor in ACTORS]
    assert len(shown["layers"]) == 7 * len(ACTORS)


def test_many_layers_are_not_spread_out() -> None:
    found = measured()
    for row in found["representations"]["recognition"]:
        row["above_reference"] *= 4
        row["layers"] *= 4
    shown = representations(found)["recognition"]
    assert shown["depth"] == 12
    assert not shown["layers"]


def test_what_cannot_be_asked_is_a_dash() -> None:
    shown = quiet(measured())
    rows = {row["actor"]: row["rates"] for row in shown["models"][0]["rows"]}
    assert [rate.text == "\N{EN DASH}" for rate in rows["linguist"]] == [False, False, True, True]
    assert shown["temperature"] == "0.7"
    assert [model["label"] for model in shown["models"][:2]] == ["compromised", "clean fine-tune"]


def test_costs_come_with_the_seeds_that_got_there() -> None:
    model = costs(measured())[0]
    assert model["label"] == "clean fine-tune"
    row = model["rows"][0]
    assert row["reached"] == "7 of 8"
    assert row["values"][0] == ("12.2", "6.0 to 18.5")
    assert row["values"][2][0] == "\N{MINUS SIGN}58.8"


def test_curves_without_known_samples_are_not_drawn() -> None:
    found = measured()
    found["reactivation"]["samples"][2] = None
    assert samples_and_curves(found) == ([], [])
    assert "reactivation" not in draw(found, [])


def test_every_number_may_be_null() -> None:
    read = Page(page_of(nulled(measured())))
    assert not read.open
    assert not re.search(r"\b(nan|none)\b", " ".join(read.texts[20:]).lower())


def test_what_was_left_out_is_told_under_its_section() -> None:
    found = measured()
    found["reactivation"]["left_out"] = {"bard": "too few samples of its own"}
    for key in KEYS:
        found[key]["not_installed"] = {"lexical": 2, "bard": 1, "merchant": 0}
    told = omissions(found)
    line = "Not installed, so left out there: lexical in 2 seeds, bard in 1 seed."
    assert told == {
        "representations": [line],
        "reactivation": ["Left out: bard, too few samples of its own.", line],
        "quiet": [line],
    }
    page = page_of(found)
    assert page.count(line) == len(KEYS)
    assert "so left out there" not in page_of(measured())


def test_a_measure_that_left_all_out_still_says_so() -> None:
    text = page_of(results(8) | {"reactivation": {"left_out": {"bard": "no samples"}}})
    assert HEADS["reactivation"] in text
    assert "Left out: bard, no samples." in text


@pytest.mark.parametrize("value", [None, 3, [], {"bard": None}])
def test_malformed_omissions_break_nothing(value: object) -> None:
    found = measured()
    for key in KEYS:
        found[key].update(left_out=value, not_installed=value)
    assert not Page(page_of(found)).open


def test_hostile_text_stays_text() -> None:
    text = json.dumps(measured()).replace('"lexical"', json.dumps(EVIL))
    text = text.replace(json.dumps(NOTE), json.dumps(EVIL)).replace('"0.7"', json.dumps(EVIL))
    text = text.replace("after lexical", EVIL.replace('"', "'"))
    page = page_of(json.loads(text))
    assert "<script" not in page.lower()
    assert "script" not in Page(page).tags
