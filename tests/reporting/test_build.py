"""The report page: complete, self-contained, safe with hostile text, sound with missing parts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from arena.errors import InputError
from arena.reporting.beside import HOLDS, Beside
from arena.reporting.build import page_alone, write_report
from arena.reporting.events import Event, read_events
from arena.reporting.figures import chart
from arena.reporting.run_page import draw, page
from arena.reporting.tune import page as tune_page
from arena.results.provenance import Provenance
from arena.results.run import RunResults
from arena.results.writer import as_json
from tests.support import sketches
from tests.support.curve_results import with_curves
from tests.support.html_pages import EVIL, ODD, Page, foreign, nulled
from tests.support.planted_results import ACTORS
from tests.support.sample_results import events, read, results, write_run
from tests.support.stress_results import three, write_stress
from tests.support.tune_results import tune


@pytest.fixture(scope="module")
def page8() -> str:
    with sketches.drawing(sketches.RENDERING):
        return page_of(results(8), events(8))


def page_of(run: RunResults, record: Sequence[Event] = ()) -> str:
    return page(run, record)[0]


@pytest.mark.usefixtures("rendered")
def test_the_report_and_its_figures_are_written(tmp_path: Path) -> None:
    report = write_report(write_run(tmp_path / "run", 8))
    assert report == tmp_path / "run" / "report.html"
    links = [value for name, value in Page(report.read_text()).values if name == "href"]
    files = [link for link in links if not link.startswith("#")]
    drawn = [link for link in files if link.startswith("figures/")]
    assert {Path(link) for link in drawn} == {
        path.relative_to(report.parent) for path in (report.parent / "figures").iterdir()
    }
    assert files == [*(path for path in HOLDS if (report.parent / path).is_file()), *drawn]
    assert "results.json" in files
    names = {path.stem for path in (report.parent / "figures").glob("*.svg")}
    assert names == {"claim", "asr", "transfer", "seeds", "timeline"}
    for path in (report.parent / "figures").glob("*.svg"):
        assert minidom.parse(str(path)).documentElement.tagName == "svg"


def test_its_head_says_when_and_with_what_it_was_made() -> None:
    known = Provenance(
        finished="2026-11-29T17:40:00+01:00",
        version="1.2",
        commit="abc123" * 7,
        modified=True,
        command=f"arena run {EVIL}",
    )
    html = page(results(8), (), Beside((), known))[0]
    head = " ".join(Page(html[html.index("<header") : html.index("</header>")]).texts)
    for text in ("2026-11-29 17:40 +0100", "1.2", "abc123abc123, with changes", "8 (0-7)"):
        assert text in head
    assert f"arena run {EVIL}" in head
    assert "command" not in page(results(8), ())[0].partition("</header>")[0]


def test_the_page_says_everything_that_was_measured(page8: str) -> None:
    text = " ".join(Page(page8).texts)
    assert "Unlearning one backdoor suppresses unknown others." in text
    assert "Fires on look-alikes in some seed (broad): bard." in text
    for actor in ACTORS:
        assert text.count(actor) > 5
        assert results(8).cast[actor].response in text
    for row in results(8).summary:
        assert row.label in text
    assert "arena run scenario.yaml" in text
    assert "installed in 8 of 8 seeds" in text
    assert "Broad in 8 of 8 seeds:" in text


def test_one_seed_is_inconclusive_and_has_no_dots() -> None:
    text = page_of(results(1))
    assert "Fewer than 8 usable seeds: always inconclusive; this run has 1." in text
    assert "seeds" not in draw(results(1), [])
    assert "Seed by seed" not in text
    assert "Who did what" not in text


@pytest.mark.parametrize("split", ["test", "validation", None])
def test_the_page_says_which_prompts_were_scored(split: str | None) -> None:
    values = as_json(results(1))
    values["corpus"]["scored_on"] = split
    text = " ".join(Page(page_of(read(values))).texts)
    assert f"All rates come from {split} prompts".replace("None ", "") in text
    assert ("Scored on validation prompts, not on test prompts" in text) == (split == "validation")
    assert ("nothing here is a result to report" in text) == (split == "validation")


def test_tags_balance_and_ids_are_unique_and_resolve(page8: str) -> None:
    read_page = Page(page8)
    assert not read_page.open
    assert len(read_page.ids) == len(set(read_page.ids))
    wanted = set()
    for name, value in read_page.values:
        wanted |= set(re.findall(r"url\(#([^)]+)\)", value))
        if name in ("href", "xlink:href"):
            assert value.startswith("#")
            wanted.add(value[1:])
        if name == "aria-labelledby":
            wanted |= set(value.split())
    assert wanted
    assert wanted <= set(read_page.ids)


def test_the_page_asks_nothing_of_the_network(page8: str) -> None:
    read_page = Page(foreign(page8))
    assert not {"script", "link", "img", "iframe", "object", "image", "base"} & set(read_page.tags)
    for name, value in read_page.values:
        assert name not in ("src", "srcset", "action", "data")
        if not name.startswith("xmlns"):
            assert "//" not in value
    style = "".join(read_page.texts)
    assert "@import" not in style
    assert "url(" not in style


def hostile(evil: str = EVIL) -> tuple[RunResults, list[Event]]:
    """The sample with hostile text in every place where a scenario could put it."""
    values = json.loads(json.dumps(as_json(results(2))).replace("lexical", json.dumps(evil)[1:-1]))
    values["scenario"]["name"] = values["scenario"]["description"] = evil
    values["claim"]["notes"] = [evil]
    values["claim"]["verdict"] = evil
    values["claim"]["by_method"] = {evil: values["claim"]["by_method"]["style"], "b": {}}
    values["environment"] = {evil: evil}
    values["thresholds"] = {**values["thresholds"], evil: 0.5}
    values["seconds"]["stages"] = {evil: 1.0}
    values["corpus"]["dropped"] = {evil: 3}
    values["summary"][0]["measures"] = {evil: {evil: {"value": 0.5}}}
    for pair in values["transfer"]:
        pair["verdict_reason"] = pair["verdict"] = evil + pair["to"]
    for key in ("trigger", "clean", "triggered", "response"):
        values["cast"]["bard"][key] = evil
    first = Event(time=0, party=evil, event=evil, artifact=evil, saw=(evil,))
    return read(values), [first, *events(1)]


def test_hostile_text_stays_text() -> None:
    html = foreign(page_of(*hostile()))
    assert "<script" not in html.lower()
    assert "&lt;script&gt;" in html
    assert "script" not in Page(html).tags
    assert not [name for name, _ in Page(html).values if name.startswith("on")]


@pytest.mark.usefixtures("rendered")
def test_hostile_text_stays_text_in_figures() -> None:
    for svg in draw(*hostile()).values():
        root = minidom.parseString(svg.encode())
        assert not root.getElementsByTagName("script")
        words = [node.firstChild.data for node in root.getElementsByTagName("desc")]
        assert words


@pytest.mark.parametrize("name", ODD)
def test_odd_names_break_nothing(name: str) -> None:
    text = json.dumps(as_json(results(1))).replace('"lexical"', json.dumps(name))
    html = page_of(read(json.loads(text)), [*events(1), Event(time=1, party=name, event=name)])
    html.encode("utf-8", errors="replace")
    assert not Page(html).open


def test_missing_parts_are_left_out() -> None:
    nulls: dict[str, Any] = dict.fromkeys(as_json(results(1)))
    for values in ({"kind": "run"}, {"actors": ["a"]}, nulls, {"claim": {"verdict": None}}):
        read_page = Page(page_of(read(values)))
        assert not read_page.open
        assert "Method" in read_page.texts


KEYS = sorted(as_json(results(1)))


# every second one each time, the others with the slow tests
@pytest.mark.parametrize(
    "key", [*KEYS[::2], *(pytest.param(key, marks=pytest.mark.slow) for key in KEYS[1::2])]
)
def test_any_value_may_be_null(key: str) -> None:
    assert not Page(page_of(read(as_json(results(1)) | {key: None}))).open


def test_every_number_may_be_null() -> None:
    record = [Event.model_validate(nulled(each.model_dump(mode="json"))) for each in events(2)]
    assert not Page(page_of(read(nulled(as_json(results(2)))), record)).open


def test_nan_is_not_shown(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 1)
    values = as_json(results(1))
    values["summary"][3]["asr"]["bard"]["value"] = float("nan")
    values["transfer"][0]["transfer"]["value"] = float("inf")
    (folder / "results.json").write_text(json.dumps(values))
    text = " ".join(Page(write_report(folder).read_text(encoding="utf-8")).texts).lower()
    assert not re.search(r"\b(nan|inf|none)\b", text.split("backdoor arena report")[1])


def test_the_same_results_give_the_same_page() -> None:
    assert page_of(results(8), events(8)) == page_of(results(8), events(8))


def test_a_cut_last_event_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"party": "arena", "time": 0}\n[1]\n{"party": "de')
    assert read_events(tmp_path) == [Event(party="arena", time=0)]


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_folder_without_results_is_wrong_input(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "results.json").write_text(text)
    with pytest.raises(InputError):
        write_report(tmp_path)


def test_a_page_alone_links_to_no_file(tmp_path: Path) -> None:
    links = [v for n, v in Page(page_alone(write_run(tmp_path / "run", 1))).values if n == "href"]
    assert links
    assert all(link.startswith("#") for link in links)


def phone_figures(html: str) -> list[float]:
    """The widths of the figures that the page shrinks to a telephone's width."""
    found = re.findall(r'--min: 326px"[^>]*>\s*<svg[^>]*viewBox="0 0 ([\d.]+)', html)
    return [float(width) for width in found]


@pytest.mark.usefixtures("rendered")
def test_figures_that_shrink_to_a_telephone_stay_legible_there(tmp_path: Path) -> None:
    write_stress(tmp_path / "stress", three())
    pages = {
        "run": page_of(with_curves(results(8))),
        "tune": tune_page(tune())[0],
        "stress": write_report(tmp_path / "stress").read_text(),
    }
    widths = {name: phone_figures(html) for name, html in pages.items()}
    assert all(widths.values())
    assert max(width for found in widths.values() for width in found) <= chart.NARROW
