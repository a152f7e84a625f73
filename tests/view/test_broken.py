"""Broken results and samples break no other page."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli.app import app
from arena.results.samples import place_of
from arena.view import said_pages
from arena.view.files import write_site
from arena.view.place import COMPARE, INDEX
from arena.view.site import Site
from tests.support import sample_folders
from tests.support.sample_results import write_run
from tests.support.site_pages import Page, page


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A run with broken results beside one whose samples of seed 3 are broken."""
    folder = write_run(tmp_path / "runs" / "bad", 1)
    (folder / "results.json").write_text("{")
    said = sample_folders.run_folder(tmp_path / "runs" / "said")
    place_of(said, 3).write_bytes(b"no gzip")
    return tmp_path / "runs"


def test_a_broken_run_is_listed_as_broken_and_breaks_nothing_else(
    damaged: Path, tmp_path: Path
) -> None:
    site = Site((damaged,), live=False)
    lines = {line["name"]: line for line in page(site, INDEX).tables["runs"]["lines"]}
    assert (lines["bad"]["state"], lines["said"]["state"]) == ("broken", "finished")
    assert "not valid JSON" in lines["bad"]["state_note"]
    assert "is broken, so there is nothing to show: not valid JSON" in str(
        site.page("runs/bad/index.html")
    )
    assert "broken: not valid JSON" in str(site.page(COMPARE))
    write_site(site, tmp_path / "pages")
    written = {
        each.relative_to(tmp_path / "pages").as_posix()
        for each in (tmp_path / "pages").rglob("*.html")
    }
    assert {"runs/bad/index.html", "runs/said/index.html", "runs/said/report.html"} <= written
    assert "runs/bad/report.html" not in written


def test_broken_samples_are_called_broken(damaged: Path) -> None:
    site = Site((damaged,))
    assert "samples/3.jsonl.gz is broken" in str(site.page("runs/said/models/3/compromised.html"))
    text = str(site.page("runs/said/search.html", [("text", "gate")]))
    assert "Left out: samples/3.jsonl.gz is broken" in text
    assert {line["seed"] for line in Page(text).tables["samples"]["lines"]} == {0}


def test_a_page_that_cannot_be_made_costs_no_other(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> None:
        raise ZeroDivisionError("no <b>model</b>")

    monkeypatch.setattr(said_pages, "model_view", fail)
    pages = tmp_path / "pages"
    done = CliRunner().invoke(app, ["view", str(damaged / "said"), "--static", str(pages)])
    assert done.exit_code == 1
    broken = [each for each in pages.rglob("*.html") if "cannot be shown" in each.read_text()]
    assert {each.parent.name for each in broken} == {"0", "3"}
    assert all("ZeroDivisionError: no &lt;b&gt;model" in each.read_text() for each in broken)
    assert "cannot be shown" not in (pages / "runs/said/index.html").read_text()
    assert done.stderr.count("ZeroDivisionError: no <b>model</b>") == len(broken) > 0


def test_a_site_that_cannot_be_written_leaves_nothing(damaged: Path, tmp_path: Path) -> None:
    def stop(path: str) -> None:
        if "said" in path:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(Site((damaged,), live=False), tmp_path / "pages", stop)
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]
