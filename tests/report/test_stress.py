"""A stress run's page and terminal view: whole, safe, and honest about cells without results."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.report import stress
from arena.report.build import write_report
from arena.report.cells import axes_of, read_cells
from arena.report.stress_terminal import stress_table

from .planted import ACTORS
from .stressed import REASONS, write_stress
from .stressed import stress as results
from .test_build import EVIL, Page, nulled

DONE = "llama-nano-pooled"


def shown(found: dict[str, Any], width: int = 80, page: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(stress_table(found, width, page))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_stress(tmp_path_factory.mktemp("stress") / "run")
    write_report(made)
    return made


def test_the_page_and_its_figures_are_written(folder: Path) -> None:
    found = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert found == {
        "claim",
        "casd",
        "by0-method",
        "by1-family",
        *(f"cell0-{DONE}-{name}" for name in ("transfer", "residence", "reactivation")),
    }


def test_the_page_is_sound_and_self_contained(folder: Path) -> None:
    page = Page((folder / "report.html").read_text())
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    links = {v for name, v in page.values if name == "href" and not v.startswith("#")}
    assert links == {f"cells/{DONE}/report.html"}
    assert not [value for name, value in page.values if name == "src"]


def test_the_page_tells_the_claim_and_what_would_change_it(folder: Path) -> None:
    text = " ".join(" ".join(Page((folder / "report.html").read_text()).texts).split())
    assert "Unlearning one backdoor suppresses unknown others." in text
    assert "In 4 of 24 pairs the clean fine-tune alone removes the backdoor" in text
    assert "More seeds: 12 for an interval of T 0.2 wide." in text
    assert "0.20: 12 , 0.10: \N{EN DASH}" in text
    assert "formula was not available to us" in text
    assert "1 done, 1 failed, 1 not applicable" in text
    assert "2 family \N{MULTIPLICATION SIGN} 3 composition" in text


def test_cells_without_results_say_why(folder: Path) -> None:
    text = " ".join(Page((folder / "report.html").read_text()).texts)
    for reason in REASONS.values():
        assert reason in text
    lines = {
        row["id"]: row for row in stress.context(results(), read_cells(folder, results()))["grid"]
    }
    assert lines[DONE]["installed"] == "3 of 4"
    assert lines["gpt2-nano-merged"]["verdict"] is None
    assert lines["gpt2-nano-merged"]["axes"][2] == "\N{EN DASH}"


def test_a_cell_whose_folder_is_broken_has_no_figures(tmp_path: Path) -> None:
    folder = write_stress(tmp_path / "run")
    (folder / "cells" / DONE / "results.json").write_text("{")
    (folder / "cells" / DONE / "report.html").unlink()
    write_report(folder)
    page = (folder / "report.html").read_text()
    assert "Cell by cell" not in page
    assert DONE in page
    assert "<a href" not in page


@pytest.mark.parametrize("name", ["..", "../run", "/etc", "a/b", "", ".hidden", "a\nb"])
def test_an_id_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = write_stress(tmp_path / "run")
    found = results()
    found["cells"][0]["id"] = name
    (cell, *_) = read_cells(folder, found)
    assert cell.results == {}
    assert cell.link is None


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = write_stress(tmp_path / "run")
    text = (folder / "results.json").read_text()
    for old in ("lexical", "family", "pooled", *REASONS.values(), "gpt2-nano-solo"):
        text = text.replace(f'"{old}"', json.dumps(EVIL + old))
    (folder / "results.json").write_text(text)
    cell = folder / "cells" / DONE / "results.json"
    cell.write_text(cell.read_text().replace('"lexical"', json.dumps(EVIL)))
    page = write_report(folder).read_text()
    assert "<script" not in page.lower()
    assert not Page(page).open
    assert all("/" not in path.stem for path in (folder / "figures").iterdir())


def test_missing_parts_are_left_out(tmp_path: Path) -> None:
    for index, found in enumerate(
        (
            {},
            dict.fromkeys(results()),
            nulled(results()),
            {"cells": [{}], "claim": {"by": {"a": 1}}},
        )
    ):
        folder = tmp_path / str(index)
        folder.mkdir()
        (folder / "results.json").write_text(json.dumps({**found, "kind": "stress"}))
        page = Page(write_report(folder).read_text())
        assert not page.open
        assert "Method" in page.texts
        assert shown(found) is not None


def test_axes_are_those_of_all_cells() -> None:
    axes = axes_of(read_cells(None, results()))
    assert axes["family"] == ["llama", "gpt2"]
    assert axes["composition"] == ["pooled", "merged", "solo"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_shows_a_line_per_cell(width: int) -> None:
    text = shown(results(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "failed: out" in text
    assert "not applicable" in text
    assert "3/4" in text
    assert "Unlearning one backdoor suppresses unknown others." in text


def test_wide_terminals_show_intervals_and_whole_names() -> None:
    value = results()["cells"][0]["claim"]["transfer"]
    wide = shown(results(), 120)
    assert wide.count(f"{value['value']:.2f} [") == 2  # the cell's and the claim's
    assert DONE in wide
    assert shown(results(), 80).count(f"{value['value']:.2f} [") == 1


def test_the_terminal_never_reads_mark_up() -> None:
    found = results()
    found["cells"][1]["reason"] = "[red]x[/]\x1b[31m"
    found["cells"][1]["id"] = "[b]y"
    text = shown(found, 120, Path("runs/[i]z"))
    assert "[red]x[/]" in text
    assert "[b]y" in text
    assert "runs/[i]z" in text
    assert "\x1b" not in text


def test_actors_are_those_of_the_cell(folder: Path) -> None:
    drawn = (folder / "figures" / f"cell0-{DONE}-residence.svg").read_text()
    assert all(f">{actor}<" in drawn for actor in ACTORS)
