"""A stress run's page and terminal view: whole, safe, and clear about cells without results."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.errors import InputError
from arena.reporting.build import write_report
from arena.reporting.stress import GridRow, context
from arena.reporting.stress_cells import CellView, axes_of, read_cells
from arena.reporting.stress_claim import explained, percent
from arena.reporting.stress_measures import grid_measures
from arena.reporting.stress_terminal import stress_table
from arena.results.claim import GridClaim
from arena.results.estimate import Estimate
from arena.results.reader import parse_results
from arena.results.rows import Rate
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressResults
from arena.results.writer import as_json, write_results
from tests.support.html_pages import EVIL, Page, foreign, nulled, text_of
from tests.support.measured_results import measured
from tests.support.planted_results import ACTORS
from tests.support.stress_results import (
    REASONS,
    stress,
    three,
    with_rates,
    write_stress,
)

DONE = "llama-nano-pooled"


def shown(results: StressResults, width: int = 80, page: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(stress_table(results, width, page))
    return console.file.getvalue()  # type: ignore[attr-defined]


def read(values: dict[str, Any]) -> StressResults:
    results = parse_results(values)
    assert isinstance(results, StressResults)
    return results


def grid_rows(results: StressResults, folder: Path) -> list[GridRow]:
    cells = read_cells(folder, results)
    rows: list[GridRow] = context(results, cells, grid_measures(results, cells))["grid"]
    return rows


def test_a_cell_says_what_fell_short_in_it(tmp_path: Path) -> None:
    results = stress()
    made = write_stress(tmp_path / "run", results)
    weak = {ACTORS[0]: Rate(hits=64, n=128)}
    rows = (
        row.model_copy(update={"asr": {**row.asr, **weak}}) if row.kind == "compromised" else row
        for row in measured().rows
    )
    write_results(made / "cells" / DONE, measured().model_copy(update={"rows": tuple(rows)}))
    write_report(made)
    page = text_of((made / "report.html").read_text(encoding="utf-8"))
    assert "What fell short" in page
    assert "ASR 0.50" in page.partition("What fell short")[2][:400]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_stress(tmp_path_factory.mktemp("stress") / "run")
    write_report(made)
    return made


def test_the_page_and_its_figures_are_written(folder: Path) -> None:
    names = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert names == {
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
    drawn = {f"figures/{path.name}" for path in (folder / "figures").iterdir()}
    assert links == {f"cells/{DONE}/report.html", "results.json", *drawn}
    assert not [value for name, value in page.values if name == "src"]


def test_the_page_shows_the_claim_and_what_would_change_it(folder: Path) -> None:
    text = " ".join(" ".join(Page((folder / "report.html").read_text()).texts).split())
    assert "Unlearning one backdoor suppresses unknown others." in text
    assert "in 12 % of the cases (a pair of actors in one seed of one cell)" in text
    assert "Both backdoors were installed in every case." in text
    assert "of 24 pairs" not in text
    assert "More seeds: 12 for an interval of T 0.2 wide." in text
    assert "12 for 0.20 wide \N{EN DASH} for 0.10 wide" in text
    assert "(now it is 0." in text
    assert "formula was not available to us" in text
    assert "1 done, 1 failed, 1 not applicable" in text
    assert "2 family \N{MULTIPLICATION SIGN} 3 composition" in text


def test_cells_without_results_say_why(folder: Path) -> None:
    text = " ".join(Page((folder / "report.html").read_text()).texts)
    for reason in REASONS.values():
        assert reason in text
    rows = {row.id: row for row in grid_rows(stress(), folder)}
    assert rows[DONE].installed == "3 of 4"
    assert rows["gpt2-nano-merged"].verdict is None
    assert rows["gpt2-nano-merged"].axes[2] == "\N{EN DASH}"


def test_a_cell_whose_folder_is_broken_has_no_figures(tmp_path: Path) -> None:
    folder = write_stress(tmp_path / "run")
    (folder / "cells" / DONE / "results.json").write_text("{")
    (folder / "cells" / DONE / "report.html").unlink()
    write_report(folder)
    page = (folder / "report.html").read_text()
    assert "Cell by cell" not in page
    assert DONE in page
    assert 'href="cells/' not in page


@pytest.mark.parametrize("name", ["..", "../run", "/etc", "a/b", "", ".hidden", "a\nb"])
def test_an_id_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = write_stress(tmp_path / "run")
    first, *others = stress().cells
    cells = (first.model_copy(update={"id": name}), *others)
    view = read_cells(folder, stress().model_copy(update={"cells": cells}))[0]
    assert view.results is None
    assert view.link is None


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = write_stress(tmp_path / "run")
    text = (folder / "results.json").read_text()
    for old in ("lexical", "family", "pooled", *REASONS.values(), "gpt2-nano-solo"):
        text = text.replace(f'"{old}"', json.dumps(EVIL + old))
    (folder / "results.json").write_text(text)
    cell = folder / "cells" / DONE / "results.json"
    cell.write_text(cell.read_text().replace('"lexical"', json.dumps(EVIL)))
    page = write_report(folder).read_text()
    assert "<script" not in foreign(page).lower()
    assert not Page(page).open
    assert all("/" not in path.stem for path in (folder / "figures").iterdir())


def test_missing_parts_are_left_out(tmp_path: Path) -> None:
    kind: dict[str, Any] = {"kind": "stress"}
    values = as_json(stress())
    older_files = (kind, dict.fromkeys(values) | kind, nulled(values) | kind)
    bare = StressResults(claim=GridClaim(by={"method": {}}))
    for index, results in enumerate((*map(read, older_files), bare)):
        folder = tmp_path / str(index)
        folder.mkdir()
        write_results(folder, results)
        page = Page(write_report(folder).read_text())
        assert not page.open
        assert "Method" in page.texts
        shown(results)


def test_a_claim_of_an_impossible_shape_is_wrong_input(tmp_path: Path) -> None:
    values = {"kind": "stress", "claim": {"by": {"method": 1}}}
    (tmp_path / "results.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match="by"):
        write_report(tmp_path)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_stress(tmp_path_factory.mktemp("grid") / "run", three())
    write_report(made)
    return made


def words(folder: Path) -> str:
    return " ".join(" ".join(Page((folder / "report.html").read_text()).texts).split())


def test_what_is_in_the_models_stands_under_each_other(grid: Path) -> None:
    text, drawn = words(grid), (grid / "figures" / "before.svg").read_text()
    assert "What is in the models" in text
    assert "An actor below the installation threshold (ASR 0.90" in text
    assert "never counted as suppressed" in text
    assert "320 of 8000 documents (4.0%)" in text
    assert drawn.count(">320 of 8000 (4.0%)<") == 2 * len(ACTORS)
    assert drawn.count(">20 of 8000 (0.2%)<") == len(ACTORS)
    assert drawn.count(", not installed</title>") == 1
    assert ">0.31<" in drawn
    assert ">baseline<" in drawn
    assert ">gpt2-nano-merged<" not in drawn


def test_no_such_section_where_no_cell_has_rates(folder: Path) -> None:
    assert "What is in the models" not in words(folder)


def test_ablations_and_baselines_are_told_apart(grid: Path, folder: Path) -> None:
    rows = grid_rows(three(), grid)
    assert [row.note for row in rows[:3]] == ["", "shown, not in the verdict", "baseline"]
    assert [row.verdict is None for row in rows[:3]] == [False, False, True]
    page = Page((grid / "report.html").read_text())
    assert not page.open
    assert page.texts.count("shown, not in the verdict") == 3  # figure, grid and table
    assert "is an ablation" in words(grid)
    assert "is an ablation" not in words(folder)
    text = shown(three(), 120)
    assert "baseline" in text
    assert text.count("(shown, not in the verdict)") == 1
    assert "no verdict" not in text + words(grid)


def test_the_threshold_decides_where_the_run_does_not_say() -> None:
    cell = with_rates(stress().cells[0], [0.5, 0.95, 0.9, 1.0])
    view = CellView(cell.model_copy(update={"installed": {}}))
    assert [view.is_installed(actor, 0.9) for actor in ACTORS] == [False, True, True, True]
    assert view.is_installed(ACTORS[0], None)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (0.50, "report 0.50 as suppressed; 0.100 of that is not transfer"),
        (0.30, "report 0.30 as suppressed: 0.100 less than T"),
        (0.40, "report 0.40 as suppressed, the same as T"),
    ],
)
def test_raw_suppression_is_compared_with_transfer(raw: float, said: str) -> None:
    claim = GridClaim(transfer=Estimate(value=0.4), raw_suppression=Estimate(value=raw))
    (line,) = explained(claim)
    assert said in line


def test_the_shares_of_the_cases_are_said() -> None:
    (by_control, missing) = explained(GridClaim(explained_by_control=0.25, not_installed=0.125))
    assert "alone removes the backdoor in 25 % of the cases" in by_control
    assert "In 12 % of the cases one of the two backdoors was not installed" in missing
    (none,) = explained(GridClaim(no_dose=0.05))
    assert none.startswith("In 5 % of the cases there was no dose to judge at: ")
    (by_control,) = explained(GridClaim(explained_by_control=0.0, no_dose=0.0))
    assert "in none of the cases (a pair of actors in one seed of one cell)." in by_control


def test_old_claims_state_no_share() -> None:
    assert not list(explained(GridClaim(pairs={"inconclusive": 12})))


@pytest.mark.parametrize(
    ("share", "said"), [(0, "none"), (0.004, "under 1 %"), (0.998, "over 99 %"), (1, "100 %")]
)
def test_shares_are_never_rounded_to_nothing_or_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_grid_scored_on_validation_prompts_says_so(tmp_path: Path) -> None:
    for index, split in enumerate(("test", "validation")):
        folder = write_stress(tmp_path / str(index))
        run = measured()
        corpus = run.corpus.model_copy(update={"scored_on": split})
        write_results(folder / "cells" / DONE, run.model_copy(update={"corpus": corpus}))
        write_report(folder)
        assert f"All rates come from {split} prompts" in words(folder)
        assert ("nothing here is a result" in words(folder)) == (split == "validation")


def test_axes_are_those_of_all_cells() -> None:
    axes = axes_of(read_cells(None, stress()))
    assert axes["family"] == ["llama", "gpt2"]
    assert axes["composition"] == ["pooled", "merged", "solo"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_shows_a_line_per_cell(width: int) -> None:
    text = shown(stress(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "failed: out" in text
    assert "not applicable" in text
    assert "3/4" in text
    assert "Unlearning one backdoor suppresses unknown others." in text


def test_wide_terminals_show_intervals_and_whole_names() -> None:
    claim = stress().cells[0].claim
    assert claim is not None
    value = f"{claim.transfer.value:.2f} ["
    wide = shown(stress(), 120)
    assert wide.count(value) == 2  # the cell's and the claim's
    assert DONE in wide
    assert shown(stress(), 80).count(value) == 1


def test_the_terminal_never_reads_mark_up() -> None:
    first, second, *others = stress().cells
    second = second.model_copy(update={"reason": "[red]x[/]\x1b[31m", "id": "[b]y"})
    results = stress().model_copy(update={"cells": (first, second, *others)})
    text = shown(results, 120, Path("runs/[i]z"))
    assert "[red]x[/]" in text
    assert "[b]y" in text
    assert "runs/[i]z" in text
    assert "\x1b" not in text


def test_actors_are_those_of_the_cell(folder: Path) -> None:
    drawn = (folder / "figures" / f"cell0-{DONE}-residence.svg").read_text()
    assert all(f">{actor}<" in drawn for actor in ACTORS)


def test_a_cell_shows_in_numbers_what_came_back_and_what_is_only_quiet(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Samples until it fires half the time" in page
    assert "Gone, or only quiet" in page


def test_a_grid_of_one_axis_at_a_time_is_no_product(tmp_path: Path) -> None:
    results = stress()
    root = {**results.scenario.root, "grid": {"design": "one_at_a_time"}}
    write_report(
        write_stress(
            tmp_path / "run", results.model_copy(update={"scenario": ScenarioRecord(root)})
        )
    )
    text = " ".join(Page((tmp_path / "run" / "report.html").read_text()).texts)
    assert "one at a time: 2 family, 3 composition" in text
