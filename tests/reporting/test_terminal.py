"""The terminal table: complete at 80 columns, plain where it must be, never mark-up."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from arena.reporting.terminal import results_table
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.pairs import Pair
from arena.results.run import RunResults
from arena.results.summary import SummaryRow
from arena.results.writer import as_json
from tests.support.planted_results import ACTORS
from tests.support.sample_results import read, results

CUT = "\N{HORIZONTAL ELLIPSIS}"


def shown(run: RunResults, width: int = 80, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(results_table(run, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("seeds", [1, 8])
def test_no_line_is_too_wide_and_nothing_is_cut(width: int, seeds: int) -> None:
    text = shown(results(seeds), width)
    assert max(len(line) for line in text.splitlines()) <= width
    for actor in ACTORS:
        assert f" {actor} " in text
    assert CUT not in text
    assert "raw suppression" in " ".join(text.split())


def test_every_rate_is_there() -> None:
    lines = shown(results(1)).splitlines()
    for row in results(1).summary:
        line = next(line for line in lines if line.startswith(row.label + " "))
        for actor in ACTORS:
            assert f"{row.asr[actor].value:.2f}" in line


def test_intervals_show_with_several_seeds_only() -> None:
    rate = results(8).summary[2].asr["lexical"]
    band = f"{rate.low:.2f}-{rate.high:.2f}".replace("0.", ".").replace("-", "\N{EN DASH}")
    assert band in shown(results(8))
    assert "\N{EN DASH}" not in shown(results(1)) + shown(results(8), 60)


def test_the_disclosed_cell_is_marked_without_colour() -> None:
    lines = shown(results(1)).splitlines()
    line = next(line for line in lines if line.startswith("unlearn bard"))
    assert line.count("*") == 1


def test_the_claim_is_shown_with_its_split() -> None:
    text = shown(results(8))
    claim = results(8).claim
    assert "Unlearning one backdoor suppresses unknown others." in text
    for key in ("transfer", "odd", "specific", "raw_suppression"):
        assert f"{getattr(claim, key).value:.2f}" in text
    assert "8 seeds" in text


def test_the_report_is_pointed_at() -> None:
    assert "runs/x/report.html" in shown(results(1), report=Path("runs/x/report.html"))


@pytest.mark.parametrize("n", [8, 15])
def test_many_actors_fit_80_columns(n: int) -> None:
    actors = [f"adversary{i}" for i in range(n)]
    asr = dict.fromkeys(actors, SeedEstimate(value=0.75))
    row = SummaryRow(label="compromised", kind="compromised", asr=asr)
    quarter = Estimate(value=0.25)
    pairs = [Pair(source=a, to=b, transfer=quarter) for a in actors for b in actors if a != b]
    text = shown(RunResults(actors=tuple(actors), summary=(row,), transfer=tuple(pairs)))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.count("0.75") == n
    assert text.count("0.25") == n * (n - 1)


def test_names_are_never_mark_up() -> None:
    text = json.dumps(as_json(results(1))).replace("lexical", "[red]x[/]\\u001b[31m")
    out = shown(read(json.loads(text)), 140)
    assert "[red]x[/]" in out
    assert "\x1b" not in out


def test_nothing_at_all_is_shown_as_nothing() -> None:
    assert not shown(RunResults()).strip()
    assert not shown(read(dict.fromkeys(as_json(results(1))))).strip()


def test_cells_without_meaning_show_no_number() -> None:
    pair = Pair(
        source="a",
        to="b",
        transfer=Estimate(value=0.31),
        raw_suppression=Estimate(value=0.84),
        verdict="explained_by_control",
    )
    text = shown(RunResults(actors=("a", "b"), transfer=(pair,)))
    assert "0.31" not in text
    assert "\N{EN DASH} / 0.84 ≈" in text
    assert "≈ explained by control" in text
    assert [line.split()[0] for line in text.splitlines() if "/ 0.84" in line] == ["a"]
    assert not any(line.strip() == "b" for line in text.splitlines())  # never unlearned


@pytest.mark.parametrize("width", [60, 80, 140])
def test_numbers_of_measures_have_a_table_of_their_own(width: int) -> None:
    numbers = {"log_probability": dict.fromkeys(ACTORS, SeedEstimate(value=-1.25))}
    rows = [row.model_copy(update={"measures": numbers}) for row in results(1).summary]
    text = shown(results(1).model_copy(update={"summary": tuple(rows)}), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "log probability" in text
    assert text.count("\N{MINUS SIGN}1.25") == len(rows) * len(ACTORS)
    assert "log probability" not in shown(results(1), width)
