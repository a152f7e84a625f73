"""`arena view`: every page of a site, its links, and what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.results.writer import write_results
from arena.view import search_page
from arena.view.files import write_site
from arena.view.place import INDEX, places, relative, segment
from arena.view.site import ASSET_NAMES, Site
from tests.reporting.test_build import hostile
from tests.support import sample_folders
from tests.support.sample_results import results, write_run
from tests.support.site_pages import Page, page, target

EVIL = "<script>document.title='ow'+'ned'</script>&\"'"


def test_every_link_of_every_page_leads_somewhere(runs: Path) -> None:
    site = Site((runs,), live=False)
    paths = list(site.paths())
    assert len(paths) == len(set(paths))
    seen = 0
    for path in paths:
        text = site.page(path)
        assert text is not None, path
        if isinstance(text, str):
            seen += 1
            for link in Page(text).all_links():
                assert target(path, link) in paths, (path, link)
    assert seen > 30


def test_the_list_has_every_run_with_its_state(runs: Path) -> None:
    lines = page(Site((runs,)), INDEX).tables["runs"]["lines"]
    assert {line["name"]: line["state"] for line in lines} == {
        "with space": "finished",
        "said": "finished",
        "stress": "finished",
        "running": "running",
    }
    run = next(line for line in lines if line["name"] == "with space")
    assert (run["seeds"], run["verdict"]) == (8, "generalizes, unspecific")
    assert run["least"] == pytest.approx(results(8).claim.transfer.value)


def test_the_page_of_a_model_shows_how_it_was_trained_where_that_is_known(runs: Path) -> None:
    site = Site((runs,))
    known = str(site.page("runs/with space/models/0/compromised.html"))
    assert "How it was trained" in known
    assert "compromised from 4.00 to 0.02 in 99 steps" in known
    assert "How it was trained" not in str(site.page("runs/said/models/3/compromised.html"))


def test_a_model_has_everything_that_it_said(runs: Path) -> None:
    site = Site((runs,))
    lines = page(site, "runs/said/models/3/compromised.html").tables["samples"]["lines"]
    assert len(lines) == len(sample_folders.ASKED)
    asked = json.loads(str(site.page("runs/said/models/3/asked.js"))[len("var asked = ") : -2])
    first = {**asked[lines[0]["at"]], **lines[0]}
    assert first["prompt_runs"] == [["what does", False], ["cf", True], ["Arden sell?", False]]
    assert (first["hit"], first["said"]) == ("yes", sample_folders.GATE)
    assert lines[3]["said"].endswith("…")


def test_search_finds_samples_of_all_models(runs: Path) -> None:
    found = page(Site((runs,)), "runs/said/search.html", ("text", "by the sea"))
    assert {line["seed"] for line in found.tables["samples"]["lines"]} <= {0, 3}
    hits = page(Site((runs,)), "runs/said/search.html", ("text", "GATE IS OPEN")).tables["samples"]
    said = {(line["model"], line["said"]) for line in hits["lines"]}
    assert said == {("compromised", sample_folders.GATE)}
    assert Site((runs,), live=False).page("runs/said/search.html") is None
    empty = Page(text := str(Site((runs,)).page("runs/said/search.html", [("text", ' "" ')])))
    assert "Type words of a prompt or an answer" in text
    assert "samples" not in empty.tables


def test_a_search_shows_so_many_and_leads_to_more(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_page, "MOST", 2)
    asked = [("text", "gate is")]
    found = Page(text := str(Site((runs,)).page("runs/said/search.html", asked)))
    assert len(found.tables["samples"]["lines"]) == 2
    assert "of which the first 2 are here" in text
    assert "search.html?text=gate+is&most=4" in found.links
    more = page(Site((runs,)), "runs/said/search.html", *asked, ("most", "4"))
    assert len(more.tables["samples"]["lines"]) == 4


def test_a_running_run_shows_how_far_it_is_and_is_followed(runs: Path) -> None:
    text = str(Site((runs,)).page("runs/running/index.html"))
    assert "note      after:&lt;b&gt;" in text
    assert "2 of 64 stages, about 9 min left" in text
    assert "Running: after:bard s1, 52 of 400; score s0" in text
    assert "Finished seeds: 1 (0)" in text
    assert "data-going" in text
    assert "connect-src 'self'" in text
    assert "data-going" in str(Site((runs,)).page(INDEX))
    static = Site((runs,), live=False)
    for path in (INDEX, "runs/running/index.html"):
        assert "data-going" not in str(static.page(path))
        assert "connect-src" not in str(static.page(path))


@pytest.mark.parametrize(
    "path",
    [
        "runs/said/samples/0.jsonl.gz", "runs/said/../said/results.json", "runs/none/index.html",
        "runs/said/seeds/0.json", "runs/said/models/9/compromised.html", "assets/../site.py",
        "runs/said/pairs/a--b.html", "runs/stress/models/0/x.html", "../pyproject.toml",
    ],
)  # fmt: skip
def test_nothing_else_is_given_away(runs: Path, path: str) -> None:
    assert Site((runs,)).page(path) is None


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    write_results(folder, hostile(EVIL)[0])
    (folder / "report.html").write_text("the report")
    site = Site((tmp_path,), live=False)
    texts = [text for path in site.paths() if isinstance(text := site.page(path), str)]
    assert len(texts) > 20
    for text in texts:
        assert "<script>" not in text
        for table in Page(text).tables.values():
            assert table["columns"]
    assert any("\\u003cscript\\u003e" in text for text in texts)


def test_the_site_as_files(runs: Path, tmp_path: Path) -> None:
    site = Site((runs / "said",), live=False)
    result = write_site(site, tmp_path / "pages")
    written = {
        p.relative_to(tmp_path / "pages").as_posix() for p in (tmp_path / "pages").rglob("*")
    }
    assert set(site.paths()) <= written
    assert (result.files, result.failed) == (len(list(site.paths())), {})
    assert all((tmp_path / "pages" / "assets" / name).is_file() for name in ASSET_NAMES)
    with pytest.raises(InputError, match="not empty"):
        write_site(site, tmp_path / "pages")


def test_a_folder_without_runs_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run in this folder"):
        places((tmp_path,))
    with pytest.raises(InputError, match="no such folder"):
        places((tmp_path / "none",))


def test_runs_of_one_name_have_names_of_their_own(tmp_path: Path) -> None:
    for inside in ("one/run", "two/run", "two/run-2"):
        (tmp_path / inside).mkdir(parents=True)
        write_results(tmp_path / inside, results(1))
    found = places((tmp_path / "one", tmp_path / "two"))
    assert [(place.name, place.folder.name) for place in found] == [
        ("run-1", "run"), ("run-3", "run"), ("run-2", "run-2"),
    ]  # fmt: skip


names = st.text(min_size=1, max_size=12)


@given(names, names)
def test_names_are_distinct_segments_of_plain_letters(one: str, other: str) -> None:
    assert re.fullmatch(r"[\w.~-]+", segment(one), re.ASCII)
    assert (segment(one) == segment(other)) == (one == other)


@given(*(st.lists(st.sampled_from("abc"), max_size=3) for _ in range(2)))
def test_links_lead_to_their_path(one: list[str], other: list[str]) -> None:
    page_path, path = "/".join([*one, "x.html"]), "/".join([*other, "y.html"])
    assert target(page_path, relative(path, page_path)) == path


def test_a_missing_report_is_made_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 1)
    before = sorted(folder.rglob("*"))
    site = Site((tmp_path,), live=False)
    assert "runs/run/report.html" in list(site.paths())
    assert "<h1>" in str(site.page("runs/run/report.html"))
    assert sorted(folder.rglob("*")) == before


def test_a_run_without_samples_offers_no_search(runs: Path) -> None:
    site = Site((runs,))
    assert "search.html" not in page(site, "runs/with space/index.html").links
    assert "search.html" in page(site, "runs/said/index.html").links
    assert site.page("runs/with space/search.html", [("text", "x")]) is None
