"""The terminal table: complete at 80 columns, plain where it must be, never mark-up."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.reporting.terminal import results_table
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results


def shown(found: dict[str, Any], width: int = 80, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(results_table(found, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("seeds", [1, 8])
def test_no_line_is_too_wide_and_nothing_is_cut(width: int, seeds: int) -> None:
    text = shown(results(seeds), width)
    assert max(len(line) for line in text.splitlines()) <= width
    for actor in ACTORS:
        assert f"unlearn {actor}"[:13] in text
    assert "raw suppression" in " ".join(text.split())


def test_every_rate_is_there() -> None:
    found = results(1)
    lines = shown(found).splitlines()
    for row in found["summary"]:
        line = next(line for line in lines if line.startswith(row["label"] + " "))
        for actor in ACTORS:
            assert f"{row['asr'][actor]['value']:.2f}" in line


def test_intervals_show_with_several_seeds_only() -> None:
    row = results(8)["summary"][2]["asr"]["lexical"]
    band = f"{row['low']:.2f}-{row['high']:.2f}".replace("0.", ".").replace("-", "\N{EN DASH}")
    assert band in shown(results(8))
    assert "\N{EN DASH}" not in shown(results(1)) + shown(results(8), 60)


def test_the_disclosed_cell_is_marked_without_colour() -> None:
    lines = shown(results(1)).splitlines()
    line = next(line for line in lines if line.startswith("unlearn bard"))
    assert line.count("*") == 1


def test_the_claim_is_told_with_its_split() -> None:
    text = shown(results(8))
    claim = results(8)["claim"]
    assert "Unlearning one backdoor suppresses unknown others." in text
    for key in ("transfer", "odd", "specific", "raw_suppression"):
        assert f"{claim[key]['value']:.2f}" in text
    assert "8 seeds" in text


def test_the_report_is_pointed_at() -> None:
    assert "runs/x/report.html" in shown(results(1), report=Path("runs/x/report.html"))


@pytest.mark.parametrize("n", [8, 15])
def test_many_actors_fit_80_columns(n: int) -> None:
    actors = [f"adversary{i}" for i in range(n)]
    rows = [{"label": "compromised", "kind": "compromised", "asr": dict.fromkeys(actors, 0.75)}]
    pairs = [{"from": a, "to": b, "transfer": 0.25} for a in actors for b in actors if a != b]
    text = shown({"actors": actors, "summary": rows, "transfer": pairs})
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.count("0.75") == n
    assert text.count("0.25") == n * (n - 1)


def test_names_are_never_mark_up() -> None:
    text = json.dumps(results(1)).replace("lexical", "[red]x[/]\\u001b[31m")
    out = shown(json.loads(text), 140)
    assert "[red]x[/]" in out
    assert "\x1b" not in out


def test_nothing_at_all_is_shown_as_nothing() -> None:
    assert not shown({}).strip()
    assert not shown(dict.fromkeys(results(1))).strip()


def test_cells_without_meaning_show_no_number() -> None:
    pair = {"from": "a", "to": "b", "transfer": 0.31, "verdict": "explained_by_control"}
    pair["raw_suppression"] = 0.84
    text = shown({"actors": ["a", "b"], "transfer": [pair]})
    assert "0.31" not in text
    assert "\N{EN DASH} /0.84 ≈" in text
    assert "≈ explained by control" in text
