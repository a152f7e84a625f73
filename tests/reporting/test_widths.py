"""Every table that ends a command fits its window, and no name or number in it is cut."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import RenderableType

from arena.cli import cache, doctor
from arena.cli.doctor import Finding
from arena.execution.timings import Estimated
from arena.grid import preview
from arena.grid.cells import cells_of
from arena.reporting import palette
from arena.reporting.compare import side_by_side
from arena.reporting.console import bullets, ink, name_lines
from arena.reporting.duel_terminal import duel_table
from arena.reporting.samples_terminal import samples_view
from arena.reporting.stress_terminal import stress_table
from arena.reporting.terminal import results_table
from arena.reporting.tune_terminal import tune_table
from arena.results.samples import ScoredSample
from arena.runs import outlook
from arena.runs.outlook import WHOLE, Line, Outlook
from arena.search.calibration.calibrate import Calibration, Try
from arena.search.calibration.ladder import Limits, Measured, shortfall
from arena.search.calibration.levers import levers_of
from arena.search.calibration.table import calibration_table
from arena.statistics.planned_power import Reach
from arena.store.maintenance import Bytes, Entry
from arena.terminal import Terminal
from tests.support import toys
from tests.support.duel_results import duel
from tests.support.league_results import leagued
from tests.support.sample_folders import ASKED, UNLEARNED
from tests.support.sample_results import ACTORS, results
from tests.support.stress_results import stress
from tests.support.tune_results import tune

RULE = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
CUT = "\N{HORIZONTAL ELLIPSIS}"
TABLES: dict[str, tuple[Callable[[int], RenderableType], tuple[str, ...]]] = {
    "run": (lambda width: results_table(results(1), width), ACTORS),
    "run of 8 seeds": (lambda width: results_table(results(8), width), ACTORS),
    "league": (lambda width: results_table(leagued(), width), ACTORS),
    "stress": (lambda width: stress_table(stress(), width), ("pooled",)),
    "tune": (lambda width: tune_table(tune(), width), ("best random", "untuned")),
    "duel": (lambda width: duel_table(duel(), width), ("red2", "blue2")),
    "compare": (
        lambda width: side_by_side(results(1), results(8), ("runs/one", "runs/two"), width),
        ACTORS,
    ),
}


def _calibration() -> Calibration:
    """Two tries of actors with long names; the second keeps every limit."""
    levers = levers_of(toys.scenario())
    longer = {name: f"{name}_of_the_far_north" for name in levers.poison}
    levers = replace(levers, poison={longer[name]: each for name, each in levers.poison.items()})
    limits = Limits(asr=0.9, false_fire=0.1, lost=0.02, kept=0.8)
    names = tuple(levers.poison)
    tries = []
    for number, asr in enumerate((0.41, 0.97), 1):
        measured = Measured(
            4, dict.fromkeys(names, asr), dict.fromkeys(names, 0.01), 0.004,
            dict.fromkeys(names, 0.88), whole=True,
        )  # fmt: skip
        short = shortfall(measured, limits)
        tries.append(Try(number, levers.faster(levers.start, number), measured, short))
    seeds = tuple(range(100, 104))
    return Calibration(levers, limits, seeds, tuple(tries), tries[1], "ended", 60.0)


def _entries() -> list[Entry]:
    used = datetime(2026, 11, 29, 16, 53, tzinfo=UTC)
    kinds = ("tokenizer", "reactivate", "represent", "unlearn")
    size = Bytes(20_100_000)
    return [Entry("0" * 64, kind, "x", 40_000.0, size, used, "whole") for kind in kinds]


def _findings() -> list[Finding]:
    place = "/home/somebody/.cache/backdoor-arena/artifacts"
    return [
        Finding("packages", "torch 2.13.0, transformers 5.24.0, peft 0.19.1, ray 2.60.0"),
        Finding("store", f"{place}, 1 GiB free", "little space left: `arena cache prune`"),
    ]


def _outlook() -> Outlook:
    found = (Reach(0.03, 0.97), Reach(None, None))
    lines = [Line(n, WHOLE, "two states, assumed", each, (0.2, 0.9)) for n in (8, 16)
             for each in found]  # fmt: skip
    return Outlook(("assumed",), tuple(lines), (4,))


def _plan() -> preview.Outline:
    gridded = toys.scenario(
        "grid={families: [llama, gpt_neox], compositions: [pooled, sequential], "
        "stages: [pretraining, continual_pretraining]}"
    )
    cells = [preview.CellOutline(cell, cell.scenario, todo={}) for cell in cells_of(gridded)]
    return preview.Outline(tuple(cells), 0, Estimated(1.0, whole=True), 2)


def _samples() -> list[ScoredSample]:
    said = zip(ASKED, UNLEARNED, strict=True)
    return [ScoredSample(3, "x", "unlearn lexical (dose least)", *each) for each in said]


# Tables of commands that end no run. No word in them is broken either.
OTHERS: dict[str, Callable[[int], RenderableType]] = {
    "calibrate": lambda _: calibration_table(_calibration()),
    "cache": lambda width: cache.table(_entries(), width),
    "doctor": lambda width: doctor.table(_findings()),
    "power": lambda width: outlook.table(_outlook(), width),
    "samples": lambda width: samples_view(_samples(), 100),
    "plan": lambda width: preview.table(_plan()),
}


def lines_of(shown: RenderableType, width: int) -> list[str]:
    console = Terminal(file=io.StringIO(), width=width, force_terminal=False)
    console.print(shown)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("what", TABLES)
def test_no_line_is_too_wide_and_nothing_is_cut(what: str, width: int) -> None:
    table, names = TABLES[what]
    lines = lines_of(table(width), width)
    text = "\n".join(lines)
    assert max(map(cell_len, lines)) <= width
    assert CUT not in text
    assert all(name in text for name in names)


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("what", OTHERS)
def test_no_word_of_a_short_table_is_cut_or_broken(what: str, width: int) -> None:
    lines = lines_of(OTHERS[what](width), width)
    assert max(map(cell_len, lines)) <= width
    whole = lines_of(OTHERS[what](400), 400)
    assert words_in(whole) <= words_in(lines)


def words_in(lines: list[str]) -> set[str]:
    return {word.strip(RULE) for line in lines for word in line.split()}


def test_similar_names_stay_distinct() -> None:
    names = ["3_in_100_mix_scrubbed", "3_in_100_defender_scrubbed"]
    assert [name_lines(name, 10).plain for name in names] == [
        "3_in_100_\n mix_\n scrubbed",
        "3_in_100_\n defender_\n scrubbed",
    ]


@pytest.mark.parametrize("room", [4, 9, 18, 40])
def test_a_name_takes_the_lines_that_it_needs(room: int) -> None:
    name = "self_distillation:merchant@harmless lexical"
    lines = name_lines(name, room).plain.split("\n")
    assert all(cell_len(line) <= room for line in lines)
    if room >= 18:
        assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert name_lines("", room).plain == ""


def test_continuations_of_a_bullet_are_indented() -> None:
    lines = lines_of(bullets(["one two three four", "[red]x[/]"]), 12)
    assert [line.rstrip() for line in lines] == ["· one two", "  three four", "· [red]x[/]"]


@pytest.mark.parametrize("colour", [palette.WARM, palette.COOL, palette.MUTED, *(
    verdict.colour for verdict in palette.VERDICTS.values()
)])  # fmt: skip
def test_verdicts_are_legible_on_black_and_on_white(colour: str) -> None:
    light = palette.luminance(ink(colour))
    assert 1.05 / (light + 0.05) > 4  # contrast with white
    assert (light + 0.05) / 0.05 > 4  # with black
