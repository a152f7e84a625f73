"""Every table that ends a command fits its window, and no name or number in it is cut."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import RenderableType

from arena.reporting import palette
from arena.reporting.compare import side_by_side
from arena.reporting.console import bullets, ink, name_lines
from arena.reporting.duel_terminal import duel_table
from arena.reporting.stress_terminal import stress_table
from arena.reporting.terminal import results_table
from arena.reporting.tune_terminal import tune_table
from arena.terminal import Terminal
from tests.support.duel_results import duel
from tests.support.league_results import leagued
from tests.support.sample_results import ACTORS, results
from tests.support.stress_results import stress
from tests.support.tune_results import tune

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
