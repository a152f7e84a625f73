"""Pages in a real browser: nothing is logged or asked of the network, numbers are those of
results.json, the keyboard reaches everything, axe-core finds no barrier, and hostile text is text.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.dom import minidom

import pytest

from arena.reporting.build import write_report
from arena.reporting.run_page import page as run_page
from arena.results.numbers import decimals
from arena.results.sample_files import write_sample_file
from arena.results.samples import place_of
from arena.results.writer import write_results
from tests.reporting.test_build import hostile
from tests.support import sample_folders
from tests.support.browser import chromium, missing, opened
from tests.support.curve_results import with_curves, with_training
from tests.support.duel_results import duel
from tests.support.league_results import leagued
from tests.support.sample_results import results, write_run
from tests.support.serving import served
from tests.support.stress_results import three, write_stress
from tests.support.tune_results import tune

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser")
needs_axe = pytest.mark.skipif(
    importlib.util.find_spec("axe_playwright_python") is None,
    reason="axe-playwright-python is not installed",
)
# What a page that runs hostile text would do; the word is put together so that text never holds it.
MARK = "ow" + "ned"
SCRIPTS = (
    "<script>document.title='ow'+'ned'</script>",
    "<img src=x onerror=\"document.title='ow'+'ned'\">",
    "<svg onload=\"document.title='ow'+'ned'\">",
    "\"><script>document.title='ow'+'ned'</script>",
    "</title></style></svg><script>document.title='ow'+'ned'</script>",
    "</script><script>document.title='ow'+'ned'</script>",
    "javascript:document.title='ow'+'ned'",
)
EVIL = "".join(SCRIPTS)
A4 = 718  # pixels between the margins: Chromium shrinks a page that is wider
REPORTS = ("run", "league", "stress", "tune", "duel")
# Of the served site, under the run `said` with samples.
VIEWS = {
    "list": "",
    "comparison": "compare.html",
    "a run": "runs/run/index.html",
    "a pair": "runs/run/pairs/lexical--bard.html",
    "a model": "runs/said/models/0/compromised.html",
    "a search": "runs/said/search.html?text=Arden",
    "a stress run": "runs/stress/index.html",
}


# Figures that are wider than they were drawn.
STRETCHED = """() => [...document.querySelectorAll('.scroll > svg')].filter(
  (each) => each.getBoundingClientRect().width > each.width.baseVal.value + 1
).map((each) => each.id)"""
# Whether every line of a table is as high as its texts.
NOTHING_CUT = """() => [...document.querySelectorAll('.tabulator-row .tabulator-cell')].every(
  (each) => each.scrollHeight <= each.clientHeight + 3)"""
# Tables that take no room.
FOLDED = """() => [...document.querySelectorAll('details table')].filter(
  (each) => !each.checkVisibility()).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of every kind of run, with its report."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "run", 8)
    samples = replace(sample_folders.sample_file(0), models=("compromised", "unlearn:lexical"))
    place_of(folder / "run", 0).parent.mkdir()
    write_sample_file(place_of(folder / "run", 0), samples)
    searched = {"run": with_training(with_curves(results(8))), "league": leagued(), "duel": duel()}
    for name, found in {**searched, "tune": tune(objectives=3)}.items():
        (folder / name).mkdir(exist_ok=True)
        write_results(folder / name, found)
    write_stress(folder / "stress", three())
    sample_folders.run_folder(folder / "said")
    for name in REPORTS:
        write_report(folder / name)
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield address


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_stands_alone_and_the_keyboard_reaches_all_of_it(
    browser: Browser, folder: Path, name: str
) -> None:
    address = (folder / name / "report.html").as_uri()
    with opened(browser, address) as seen:
        assert seen.missed() == []
        assert seen.page.evaluate(STRETCHED) == []
        seen.page.set_viewport_size({"width": 400, "height": 800})
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 400
        seen.page.emulate_media(media="print")
        seen.page.set_viewport_size({"width": A4, "height": 1000})
        assert seen.page.evaluate("document.documentElement.scrollWidth") == A4
        assert seen.logged == []
        assert seen.asked == [address]


@pytest.mark.parametrize("name", VIEWS)
def test_a_served_page_asks_only_its_server_and_the_keyboard_reaches_all_of_it(
    browser: Browser, site: str, name: str
) -> None:
    with opened(browser, site + VIEWS[name]) as seen:
        assert seen.missed() == []
        assert seen.logged == []
        assert [url for url in seen.asked if not url.startswith(site)] == []
        seen.page.set_viewport_size({"width": 400, "height": 800})
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 400
        seen.page.wait_for_function(NOTHING_CUT)


def test_numbers_are_those_of_the_results_and_can_be_sorted_and_filtered(
    browser: Browser, folder: Path
) -> None:
    found = json.loads((folder / "run" / "results.json").read_text())["transfer"]
    wanted = {
        f"{pair['from']}→{pair['to']}": [
            decimals(pair[key]["value"])
            for key in ("transfer", "odd", "specific", "raw_suppression")
        ]
        for pair in found
    }
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        table = seen.page.locator("table", has=seen.page.locator("caption", has_text="Every pair"))
        rows: list[list[str]] = table.evaluate(
            """(table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map(
              (cell) => cell.firstChild.textContent.trim()))"""
        )
        names = table.locator("tbody th").all_text_contents()
        shown = {name: row[1:5] for name, row in zip(names, rows, strict=True)}
        # A part may differ by one in the last place, so that the parts add up to the whole.
        assert {name: [row[0], row[3]] for name, row in shown.items()} == {
            name: [row[0], row[3]] for name, row in wanted.items()
        }
        button = table.get_by_role("button", name="T", exact=True)
        button.focus()
        seen.page.keyboard.press("Enter")
        head = button.locator("xpath=..")
        assert head.get_attribute("aria-sort") == "ascending"
        ascending = table.locator("tbody tr td:nth-child(2)").evaluate_all(
            "(cells) => cells.map((cell) => parseFloat(cell.textContent))"
        )
        assert ascending == sorted(float(row[0]) for row in wanted.values())
        seen.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        seen.page.keyboard.press("Enter")
        assert table.locator("tbody th").all_text_contents() == names
        label = seen.page.locator("label.filter", has=seen.page.locator("input")).filter(
            has=seen.page.locator("xpath=following-sibling::div[1]//caption[.='Every pair']")
        )
        label.locator("input").fill("fails")
        visible = table.locator("tbody tr:visible")
        fails = [p for p in found if p["verdict"] == "fails"]
        assert visible.count() == len(fails) > 0
        assert label.locator("output").text_content() == f" {len(fails)} of {len(found)}"


def test_a_table_with_two_rows_of_heads_is_sorted_by_the_lower_ones(
    browser: Browser, folder: Path
) -> None:
    with opened(browser, (folder / "tune" / "report.html").as_uri()) as seen:
        table = seen.page.locator("table", has=seen.page.locator("th[rowspan]"))
        buttons = table.locator("thead button.sort").all_text_contents()
        assert buttons[:3] == ["strategy", "search", "select"]
        assert "optimistic" not in buttons  # it stands above two columns
        table.get_by_role("button", name="unseen", exact=True).first.click()
        shown = table.locator("tbody tr td:nth-child(5)").evaluate_all(
            "(cells) => cells.map((cell) => parseFloat(cell.textContent))"
        )
        assert len(shown) >= 3
        assert shown == sorted(shown)
        table.get_by_role("button", name="strategy").click()
        assert table.locator("[aria-sort]").all_text_contents() == ["strategy"]


def test_a_table_and_a_figure_are_saved_by_the_page_alone(browser: Browser, folder: Path) -> None:
    """Without a request: what the reader gets is in the page, as a light page shows it."""

    def saved(name: str) -> str:
        with seen.page.expect_download() as download:
            seen.page.get_by_role("button", name=name, exact=True).click()
        return Path(download.value.path()).read_text(encoding="utf-8")

    found = json.loads((folder / "run" / "results.json").read_text())["transfer"]
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        seen.page.emulate_media(color_scheme="dark")
        lines = list(csv.DictReader(io.StringIO(saved("Save as CSV: Every pair"))))
        assert [line["T"] for line in lines] == [
            f"{pair['transfer']['value']:.2f}" for pair in found
        ]
        assert all(" to " in line["T (below)"] for line in lines)
        drawn = minidom.parseString(saved("Save as SVG: asr")).documentElement
        assert drawn is not None
        assert "var(" not in drawn.toxml()
        assert drawn.getElementsByTagName("rect")[0].getAttribute("fill") == "#ffffff"
        assert [url for url in seen.asked if not url.startswith("blob:")] == seen.asked[:1]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-cmd"])
def test_a_saved_table_holds_no_formula(browser: Browser, folder: Path, text: str) -> None:
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        assert seen.page.evaluate(f"quoted({text!r})") == f'"\'{text}"'
        assert seen.page.evaluate("quoted('\u22120.5')") == '"-0.5"'


def test_a_box_that_scrolls_fades_until_its_end_is_seen(browser: Browser, folder: Path) -> None:
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        box = seen.page.locator(".scroll", has=seen.page.locator("svg[aria-labelledby^=asr]"))
        assert "more" not in (box.get_attribute("class") or "")
        seen.page.set_viewport_size({"width": 400, "height": 800})
        faded = seen.page.locator(".scroll.more", has=seen.page.locator("[aria-labelledby^=asr]"))
        faded.wait_for()
        box.evaluate("(each) => { each.scrollLeft = each.scrollWidth; }")
        faded.wait_for(state="detached")


def test_runs_side_by_side_are_sorted_by_the_number_of_one(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}compare.html?run=run&run=league") as seen:
        table = seen.page.locator("table", has=seen.page.locator("caption", has_text="Transfer T"))
        table.get_by_role("button", name="Sort by run").click()
        shown = table.locator("tbody tr td:nth-child(2)").evaluate_all(
            "(cells) => cells.map((each) => parseFloat(each.textContent.replace('\u2212', '-')))"
        )
        assert len(shown) > 3
        assert shown == sorted(shown)
        assert table.locator("thead a").count() == 2


def test_runs_are_chosen_by_their_boxes_and_by_nothing_else(browser: Browser, site: str) -> None:
    with opened(browser, site) as seen:
        button = seen.page.get_by_role("button", name="Compare the chosen runs")
        seen.page.get_by_role("gridcell", name="finished").first.click()
        assert seen.page.locator(":checked").count() == 0
        assert seen.page.get_by_role("checkbox", name="compare duel").count() == 0
        seen.page.get_by_role("checkbox", name="compare stress").check()
        assert button.is_disabled()
        seen.page.get_by_role("checkbox", name="compare run").check()
        button.click()
        seen.page.get_by_role("heading", name="Transfer T").wait_for()
        assert seen.page.url.endswith("compare.html?run=stress&run=run")


def test_what_models_said_is_found_by_any_of_its_words(browser: Browser, folder: Path) -> None:
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        seen.page.get_by_text("different answers to 7 prompts").click()
        rows = seen.page.locator("table.said tbody tr")
        whole = rows.count()
        field = seen.page.locator("details label.filter input:visible")
        field.fill('NOW "gate is" compro')
        assert 0 < rows.locator("visible=true").count() < whole
        field.fill('"is gate"')
        assert rows.locator("visible=true").count() == 0
        field.fill("Bexley")
        found = rows.locator("visible=true").all_text_contents()
        assert 0 < len(found) < whole
        assert all("Bexley" in text for text in found)
        # On a telephone a row is a card: every cell is in sight, and what is filtered out is not.
        seen.page.set_viewport_size({"width": 400, "height": 800})
        assert rows.locator("visible=true").all_text_contents() == found
        ends = (
            rows.locator("visible=true")
            .locator("td")
            .evaluate_all("(cells) => cells.map((cell) => cell.getBoundingClientRect().right)")
        )
        assert max(ends) <= 400


def test_what_is_folded_is_printed(browser: Browser, folder: Path) -> None:
    with opened(browser, (folder / "run" / "report.html").as_uri()) as seen:
        assert seen.page.evaluate(FOLDED) > 0
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate(FOLDED) == 0
        assert seen.page.locator("button.save:visible").count() == 0


@needs_axe
@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
def test_axe_finds_no_barrier_in_a_report(browser: Browser, folder: Path, name: str) -> None:
    with opened(browser, (folder / name / "report.html").as_uri()) as seen:
        assert seen.barriers() == []
        seen.page.emulate_media(color_scheme="dark")
        assert seen.barriers() == []


@needs_axe
@pytest.mark.slow
@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_no_barrier_in_a_served_page(browser: Browser, site: str, name: str) -> None:
    with opened(browser, site + VIEWS[name]) as seen:
        assert seen.barriers() == []
        seen.page.emulate_media(color_scheme="dark")
        assert seen.barriers() == []


@pytest.mark.parametrize("script", ["<script>document.title='ow'+'ned'</script>", SCRIPTS[1]])
def test_the_browser_would_run_what_a_page_lets_through(
    browser: Browser, tmp_path: Path, script: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>page</title><body>{script}", encoding="utf-8")
    with opened(browser, page.as_uri()) as seen:
        seen.page.wait_for_function(f"document.title == '{MARK}'")
        assert seen.page.title() == MARK


@pytest.mark.parametrize("place", ["<main", "</footer>"])
def test_the_policy_stops_any_script_but_the_pages_own(
    browser: Browser, tmp_path: Path, place: str
) -> None:
    """Even if hostile text were to become markup."""
    html = run_page(results(1), ())[0].replace(place, f"{SCRIPTS[0]}{SCRIPTS[1]}{place}", 1)
    page = tmp_path / "page.html"
    page.write_text(html, encoding="utf-8")
    with opened(browser, page.as_uri()) as seen:
        assert MARK not in seen.page.title()
        assert sum("Content Security Policy" in line for line in seen.logged) >= 2
        assert seen.page.locator("button.sort").count() > 0  # its own ran


def test_no_hostile_text_runs_in_a_report(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run, record = hostile(EVIL)
    samples = sample_folders.hostile_samples(EVIL, ("compromised",))
    page.write_text(run_page(run, record, samples=samples)[0], encoding="utf-8")
    with opened(browser, page.as_uri()) as seen:
        for button in seen.page.locator("button.sort").all():
            button.dispatch_event("click")
        assert MARK not in seen.page.title()
        assert seen.logged == []
        assert seen.page.locator("script").count() == 1
        assert seen.page.locator("img, [onload], [onerror]").count() == 0
        assert SCRIPTS[0] in (seen.page.text_content("main") or "")  # it is there, as text


def test_no_hostile_text_runs_in_served_pages(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "evil").mkdir()
    write_results(tmp_path / "evil", hostile(EVIL)[0])
    said = sample_folders.run_folder(tmp_path / "said")
    models = sample_folders.sample_file(0).models
    write_sample_file(place_of(said, 0), sample_folders.hostile_samples(EVIL, models))
    names = ("", "compare.html", "runs/evil/index.html", "runs/said/models/0/compromised.html",
             f"runs/said/search.html?text={quote('document.title')}")  # fmt: skip
    with served(tmp_path) as site:
        for name in names:
            with opened(browser, site + name) as seen:
                assert MARK not in seen.page.title()
                assert seen.logged == []
                assert seen.page.locator("[onload], [onerror]").count() == 0
                if "said/" in name:
                    seen.page.get_by_text(SCRIPTS[0]).first.wait_for()  # as text
