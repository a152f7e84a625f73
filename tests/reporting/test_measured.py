"""The optional sections of a run's page: there when measured, left out when not, never guessed."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest

from arena.errors import InputError
from arena.measures.quiet import view as quiet
from arena.measures.quiet.findings import QuietFindings
from arena.measures.reactivation import view as reactivation
from arena.measures.reactivation.findings import ReactivationCost, ReactivationFindings
from arena.measures.representations import view as representations
from arena.measures.representations.findings import Correlation, RepresentationsFindings
from arena.reporting.rows import residents
from arena.reporting.run_page import page as run_page
from arena.results.run import RunResults
from arena.results.writer import as_json
from tests.support.html_pages import EVIL, Page, foreign, nulled
from tests.support.measured_results import NOTE, measured, with_findings
from tests.support.planted_results import ACTORS
from tests.support.sample_results import read, results

HEADS = {
    "residence": "Do the backdoors coexist?",
    "representations": "Inside the models",
    "reactivation": "How easily they come back",
    "quiet": "Gone, or only quiet",
}
KEYS = ("representations", "reactivation", "quiet")


def page_of(run: RunResults) -> str:
    return run_page(run, [])[0]


def figures_of(run: RunResults) -> dict[str, str]:
    return run_page(run, [])[1]


def with_values(**measures: Any) -> RunResults:
    """The sample, with other content below the names of measures in the file."""
    values = as_json(measured())
    return read(values | {"measures": values["measures"] | measures})


INSIDE = cast(RepresentationsFindings, measured().measures["representations"])


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(measured())


def test_every_section_is_there_when_measured(page: str) -> None:
    html = Page(page)
    assert not html.open
    assert len(html.ids) == len(set(html.ids))
    assert {"residence", "casd", "reactivation"} < set(figures_of(measured()))
    for head in HEADS.values():
        assert head in html.texts
    assert f"{NOTE[:1].upper()}{NOTE[1:]}." in page.replace("&#39;", "'")


def test_no_section_is_there_when_not_measured() -> None:
    text = page_of(results(8))
    for head in HEADS.values():
        assert head not in text


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, {}])
def test_a_key_with_nothing_in_it_leaves_its_section_out(key: str, value: object) -> None:
    text = page_of(with_values(**{key: value}))
    assert HEADS[key] not in text
    assert all(HEADS[other] in text for other in KEYS if other != key)


@pytest.mark.parametrize(
    "value", [[], "x", 3, {"left_out": 3}, {"rows": 3, "costs": 3, "pairs": 3}]
)
@pytest.mark.parametrize("key", KEYS)
def test_findings_of_another_shape_are_an_error_with_their_place(key: str, value: object) -> None:
    with pytest.raises(InputError, match=f"measures.{key}"):
        with_values(**{key: value})


def test_a_measure_that_is_not_registered_is_left_out() -> None:
    run = with_values(of_a_plug_in={"rate": 0.5})
    assert run.measures["of_a_plug_in"].model_dump() == {"rate": 0.5}
    assert page_of(run) == page_of(measured())


def test_sections_of_measures_stand_in_their_order(page: str) -> None:
    places = [page.index(f">{HEADS[key]}<a class") for key in KEYS]
    assert places == sorted(places)
    measures = dict(reversed(list(measured().measures.items())))
    assert page_of(measured().model_copy(update={"measures": measures})) == page


def test_models_on_their_way_stand_in_their_own_figure_only() -> None:
    drawn = figures_of(measured())
    assert ">after lexical<" in drawn["residence"]
    assert ">bard alone<" in drawn["residence"]
    assert ">after lexical<" not in drawn["asr"]
    assert "unlearn" not in drawn["residence"]
    kinds = [row.kind for row in residents(measured().summary)]
    assert kinds == ["reference", *["inserted"] * 4, "compromised"]


def test_the_correlation_is_put_in_words() -> None:
    lines = {line.name: line for line in representations.correlation(INSIDE)}
    assert lines["CASD"].meaning == "the closer, the more transfer"
    assert lines["CASD"].p == "< 0.001"
    assert lines["CASD of mean absolute shifts"].meaning == "the farther apart, the more transfer"
    assert lines["cosine distance of the shifts"].meaning == "no relation shown"
    assert lines["CASD over clean prompts"].meaning == "not defined"
    assert lines["CASD over clean prompts"].rho == "\N{EN DASH}"


def test_the_page_always_says_whose_formula_it_is_not() -> None:
    without = INSIDE.model_copy(update={"note": ""})
    assert representations.note(without) == f"{NOTE[:1].upper()}{NOTE[1:]}."


def test_recognition_shows_the_last_layer_above_the_reference() -> None:
    table = representations.recognition(INSIDE, ACTORS)
    assert table is not None
    rows = {row.label: row.cells for row in table.rows}
    control = next(row for row in INSIDE.recognition if row.kind == "control")
    assert rows["clean fine-tune"][0].auroc.value == control.above_reference[-1].value
    reference = INSIDE.recognition[0]
    assert rows["reference (AUROC itself)"][0].auroc.value == reference.layers[-1].value
    assert [cell.own for cell in rows["unlearn bard"]] == [actor == "bard" for actor in ACTORS]
    assert len(table.deep) == 7 * len(ACTORS)


def test_many_layers_are_not_spread_out() -> None:
    rows = tuple(
        row.model_copy(
            update={"above_reference": row.above_reference * 4, "layers": row.layers * 4}
        )
        for row in INSIDE.recognition
    )
    table = representations.recognition(INSIDE.model_copy(update={"recognition": rows}), ACTORS)
    assert table is not None
    assert table.depth == 12
    assert not table.deep


def test_what_cannot_be_asked_is_a_dash() -> None:
    models = quiet.models(cast(QuietFindings, measured().measures["quiet"]))
    rates = {line.actor: line.shown for line in models[0].lines}
    assert [rate.text == "\N{EN DASH}" for rate in rates["linguist"]] == [False, False, True, True]
    assert "sampled at 0.7" in page_of(measured())
    assert [model.label for model in models[:2]] == ["compromised", "clean fine-tune"]


def test_costs_come_with_the_seeds_that_got_there() -> None:
    model = reactivation.costs(cast(ReactivationFindings, measured().measures["reactivation"]))[0]
    assert model.label == "clean fine-tune"
    line = model.lines[0].shown
    assert line.reached == "7 of 8"
    assert line.samples[0] == ("12.5", "6.0 to 19.0")
    assert line.samples[4][0] == "\N{MINUS SIGN}58.8"


def test_defended_models_are_told_apart_where_backdoors_come_back() -> None:
    costs = tuple(
        ReactivationCost(kind="defended", name=name, actor="bard", seeds=8, reached=8)
        for name in ("crow", "beear")
    )
    models = reactivation.costs(ReactivationFindings(costs=costs))
    assert [model.label for model in models] == ["crow", "beear"]


def test_curves_without_known_samples_are_not_drawn() -> None:
    run = with_findings("reactivation", samples=())
    assert "reactivation" not in figures_of(run)
    assert HEADS["reactivation"] in page_of(run)


def test_every_number_may_be_null() -> None:
    html = Page(page_of(read(nulled(as_json(measured())))))
    assert not html.open
    assert not re.search(r"\b(nan|none)\b", " ".join(html.texts[20:]).lower())


def test_what_was_left_out_is_named_under_its_section() -> None:
    away = {"not_installed": {"lexical": 2, "bard": 1, "merchant": 0}}
    few = {"left_out": {"bard": "too few samples of its own"}}
    findings = as_json(measured())["measures"]
    changed = {key: findings[key] | away | (few if key == "reactivation" else {}) for key in KEYS}
    html = page_of(with_values(**changed))
    line = "Not installed, so left out there: lexical in 2 seeds, bard in 1 seed."
    assert html.count(line) == len(KEYS)
    assert html.count("Left out: bard, too few samples of its own.") == 1
    body = html[html.index("<main") :]
    assert (
        body.index(HEADS["reactivation"])
        < body.index("Left out: bard")
        < body.index(HEADS["quiet"])
    )
    assert "so left out there" not in page_of(measured())


def test_a_measure_that_left_all_out_still_says_so() -> None:
    left_out = ReactivationFindings(left_out={"bard": "no samples"})
    measures = {"reactivation": left_out}
    text = page_of(results(8).model_copy(update={"measures": measures}))
    assert HEADS["reactivation"] in text
    assert "Left out: bard, no samples." in text


@pytest.mark.parametrize("value", [None, {}, {"bard": None}])
def test_empty_omissions_say_nothing(value: object) -> None:
    findings = as_json(measured())["measures"]
    empty = {"left_out": value, "not_installed": value}
    html = page_of(with_values(**{key: findings[key] | empty for key in KEYS}))
    assert html == page_of(measured())


def test_hostile_text_stays_text() -> None:
    text = json.dumps(as_json(measured())).replace('"lexical"', json.dumps(EVIL))
    text = text.replace(json.dumps(NOTE), json.dumps(EVIL)).replace('"0.7"', json.dumps(EVIL))
    text = text.replace("after lexical", EVIL.replace('"', "'"))
    html = page_of(read(json.loads(text)))
    assert "<script" not in foreign(html).lower()
    assert Page(html).tags.count("script") == 1


def test_p_is_told_with_its_relabellings_and_its_floor() -> None:
    four = Correlation(
        rho=-0.6, p=1 / 24, seeds=5, actors=("a", "b", "c", "d"), relabellings=24, left_out=3
    )
    three = Correlation(rho=-0.9, p=1 / 6, seeds=8, actors=("a", "b", "c"), relabellings=6)
    both = RepresentationsFindings(correlation={"casd": four, "clean": three})
    told = representations.relabelled(both)
    assert "CASD: p is the share of 24 relabellings of a, b, c, d, the same in every seed" in told
    assert "it is at least 0.042" in told
    assert "Left out because they have no pair: 3." in told
    assert "CASD over clean prompts: p is the share of 6 relabellings of a, b, c," in told
    casd, clean = representations.correlation(both)
    assert casd.meaning == "the closer, the more transfer"
    assert clean.meaning == "6 relabellings cannot show a relation"
    assert representations.relabelled(INSIDE) == ""  # results from before p said so


def test_both_baselines_stand_beside_a_removal_and_old_results_have_one() -> None:
    findings = cast(ReactivationFindings, measured().measures["reactivation"])
    (first, *_) = reactivation.costs(findings)
    shown = [text for text, _ in first.lines[0].shown.samples]
    assert len(shown) == 5
    assert [number.replace("\N{MINUS SIGN}", "-") for number in shown] == [
        *("12.5", "52.5", "-40.0", "71.0", "-58.8"),
    ]
    old = findings.model_copy(
        update={"costs": tuple(c.model_copy(update={"others": None}) for c in findings.costs)}
    )
    (first, *_) = reactivation.costs(old)
    assert len(first.lines[0].shown.samples) == 3
    both, one = (page_of(with_findings("reactivation", costs=f.costs)) for f in (findings, old))
    assert "others planted</th>" in both
    assert "others planted</th>" not in one


def test_the_figure_names_the_lines_that_it_has() -> None:
    drawn = figures_of(measured())["reactivation"]
    for label in ("never poisoned", "others planted, never this one", "its own trigger unlearned"):
        assert f"{label}<" in drawn
