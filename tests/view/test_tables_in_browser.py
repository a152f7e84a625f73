"""The tables of `arena view` in a real browser: samples, addresses, filters, on a phone and on
paper, and a run that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arena.results.run_state import recorded
from arena.results.sample_files import write_sample_file
from arena.results.samples import place_of
from tests.support import sample_folders
from tests.support.browser import chromium, missing, opened
from tests.support.sample_results import write_run
from tests.support.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with 280 samples of a model, a few of which look like formulas."""
    said = sample_folders.run_folder(tmp_path_factory.mktemp("many") / "said")
    file = sample_folders.sample_file(0)
    odd = tuple(
        (replace(asked, prompt=f"=1+1 {asked.prompt}"), answers) for asked, answers in file.prompts
    )
    write_sample_file(place_of(said, 0), replace(file, prompts=file.prompts * 39 + odd))
    with served(said) as address:
        yield f"{address}runs/said/"


MODEL = "models/0/compromised.html"


def test_many_samples_are_drawn_a_hundred_at_a_time(browser: Browser, many: str) -> None:
    with opened(browser, many + MODEL) as seen:
        rows, more = seen.page.locator(".tabulator-row"), seen.page.locator(".extent")
        assert (rows.count(), more.locator("span").text_content()) == (100, "100 of 280 shown.")
        for number in (200, 280):
            more.get_by_role("button").click()
            assert rows.count() == number
        assert not more.get_by_role("button").is_visible()
        seen.page.get_by_label("Search in samples").fill("gate cf")
        assert more.locator("span").text_content() == "80 of 80 shown."
        assert seen.logged == []


def test_a_sample_and_a_filter_have_addresses(browser: Browser, many: str) -> None:
    with opened(browser, f"{many}{MODEL}#sample-205") as seen:
        assert seen.page.locator(".tabulator-row.target").get_attribute("id") == "sample-205"
        assert seen.page.locator("#sample-205").get_by_text("205").is_visible()
        seen.page.get_by_label("Search in samples").fill('"by the" sea')
        kept = seen.page.evaluate("location.href")  # page.url learns of it later
    assert "samples.search=%22by+the%22+sea#sample-205" in kept
    more = "&samples.hit=no&samples.sort=number+desc"
    with opened(browser, kept.partition("#")[0] + more) as seen:
        assert seen.page.get_by_label("Search in samples").input_value() == '"by the" sea'
        shown = seen.page.locator(".tabulator-row").evaluate_all("(rows) => rows.map((r) => r.id)")
        assert shown == [f"sample-{7 * place + 7}" for place in reversed(range(40))]
        assert seen.logged == []
    with opened(browser, f"{many}search.html?text=bread") as seen:
        seen.page.get_by_role("link", name="Link to sample 3", exact=True).first.click()
        seen.page.locator("#sample-3.target").wait_for()
        assert seen.page.url == f"{many}{MODEL}#sample-3"


# Whether all that a table has is inside its page and not cut by a box.
WHOLE = """() => {
  const cells = [...document.querySelectorAll('.tabulator-cell, .tabulator-col')];
  const box = document.querySelector('.tabulator-tableholder');
  return box.scrollHeight <= box.clientHeight && cells.every((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return !each.checkVisibility() || (width > 0 && left >= 0 && right <= innerWidth);
  });
}"""


@pytest.mark.parametrize("path", [MODEL, "search.html?text=gate", "../../index.html"])
def test_nothing_of_a_table_is_cut_on_a_phone_or_on_paper(
    browser: Browser, many: str, path: str
) -> None:
    with opened(browser, many + path) as seen:
        seen.page.locator(".tabulator-row").first.wait_for()
        seen.page.set_viewport_size({"width": 400, "height": 800})
        seen.page.wait_for_function(WHOLE)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 400
        seen.page.set_viewport_size({"width": 700, "height": 990})
        assert seen.page.evaluate(WHOLE) is False
        seen.page.emulate_media(media="print")
        seen.page.wait_for_function(WHOLE)
        assert not seen.page.get_by_label("Search in").first.is_visible()


def test_a_table_saved_from_a_page_of_runs_holds_no_formula(browser: Browser, many: str) -> None:
    with opened(browser, many + MODEL) as seen:
        with seen.page.expect_download() as saved:
            seen.page.get_by_role("button", name="Save as CSV").click()
        text = Path(saved.value.path()).read_text()
    assert text.count("\"'=1+1 ") == 7
    assert '"=' not in text
    assert text.startswith('\ufeff"no."') or text.startswith('"no."')


def test_a_run_is_followed_without_losing_the_focus(browser: Browser, tmp_path: Path) -> None:
    for name in ("done", "going"):
        write_run(tmp_path / name, 1)
    going = tmp_path / "going"
    (going / "results.json").rename(tmp_path / "kept.json")
    (going / "scenario.yaml").write_text("name: x\n")
    (going / "run.log").write_text("     7.5  plan      64 stages\n")
    with served(tmp_path) as site, recorded(going, "run"):
        with opened(browser, f"{site}runs/going/index.html") as seen:
            seen.page.clock.install()
            seen.page.reload()
            seen.page.get_by_role("link", name="run.log").focus()
            (going / "run.log").write_text("     7.5  plan      96 stages\n")
            seen.page.clock.fast_forward(3000)
            seen.page.get_by_text("0 of 96 stages").wait_for()
            assert seen.page.evaluate("document.activeElement.textContent") == "run.log"
        with opened(browser, site) as seen:
            seen.page.clock.install()
            seen.page.reload()
            assert seen.page.get_by_role("gridcell", name="running").count() == 1
            seen.page.get_by_role("checkbox", name="compare done").check()
            (tmp_path / "kept.json").rename(going / "results.json")
            seen.page.clock.fast_forward(3000)
            seen.page.get_by_role("checkbox", name="compare going").wait_for()
            assert seen.page.get_by_role("gridcell", name="running").count() == 0
            assert seen.page.evaluate("document.activeElement.ariaLabel") == "compare done"
            assert seen.page.get_by_role("checkbox", name="compare done").is_checked()
            assert seen.logged == []
