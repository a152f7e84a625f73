"""The results in a terminal: models against actors, the claim, who suppresses whom.

It fits the width it is given: first the intervals go, then long names are cut. Nothing hangs
on colour alone, and names from a scenario are never read as mark-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.console import chunks, claim_text, ink, plain_table, pointer, short_name
from arena.reporting.league_terminal import league_table
from arena.reporting.numbers import NONE, Estimate
from arena.reporting.parts import Results, part, told_nothing
from arena.reporting.rows import SummaryRow, grouped, is_disclosed, utility
from arena.reporting.text import clean

LABEL, NARROW, RATE, BAND = 20, 14, 5, 7


def results_table(results: Results, width: int, report: Path | None = None) -> RenderableType:
    """What a finished run shows in the terminal.

    Args:
        results: the parsed results.json.
        width: columns of the terminal; 80 is enough for four actors.
        report: where the HTML report is, told in the last line.
    """
    parts: list[RenderableType] = [*_models(results, width)]
    if part(results, "claim") and not told_nothing(results):
        parts.append(Padding(claim_text(results), (1, 0, 0, 1)))
    if results.get("transfer"):
        parts += [Padding(table, (1, 0, 0, 0)) for table in _matrices(results, width)]
        parts.append(Padding(_legend(results), (0, 0, 0, 1)))
    league = league_table(results, width)
    if league is not None:
        parts.append(Padding(league, (1, 0, 0, 0)))
    if report is not None:
        parts.append(pointer(report))
    return Group(*parts)


def _actors(results: Results) -> list[str]:
    return [str(name) for name in results.get("actors") or []]


@dataclass(frozen=True)
class _Layout:
    """Columns for the row label and for each actor, and whether intervals go in."""

    label: int
    names: tuple[Text, ...]
    widths: tuple[int, ...]
    bands: bool
    utility: str


def _layout(results: Results, actors: Sequence[str], width: int) -> _Layout:
    rows = results.get("summary") or []
    longest = max((cell_len(clean(row.get("label"))) for row in rows), default=LABEL)
    label = min(longest, LABEL if width < 100 else 32)
    if width < label + 7 + 7 * len(actors):
        label = min(label, NARROW)
    # Two spaces stand between columns; clean accuracy takes five and two more.
    room = max((width - label - 7) // len(actors) - 2, RATE)
    cells = (Estimate.read(_cell(row, actor)) for row in rows for actor in actors)
    bands = room >= RATE + BAND and any(cell.has_interval for cell in cells)
    names = tuple(short_name(actor, room) for actor in actors)
    least = RATE + BAND if bands else min(room, RATE + 1)
    return _Layout(
        label, names, tuple(max(name.cell_len, least) for name in names), bands, utility(rows)
    )


def _models(results: Results, width: int) -> list[RenderableType]:
    groups = chunks(_actors(results), max(1, (width - NARROW - 7) // 7))
    return [_model_table(results, actors, width) for actors in groups]


def _model_table(results: Results, actors: Sequence[str], width: int) -> Table:
    layout = _layout(results, actors, width)
    table = plain_table("ASR of each trigger in each model (* disclosed)")
    table.add_column(Text("model"), no_wrap=True, max_width=layout.label)
    for name, wide in zip(layout.names, layout.widths, strict=True):
        # Not justified by rich, which would strip the space where a star may stand.
        table.add_column(Text(" " * (wide - name.cell_len)) + name, no_wrap=True)
    head = "clean" if layout.utility == "clean_accuracy" else "token"
    table.add_column(Text(head), justify="right", no_wrap=True)
    for block in grouped(results.get("summary") or []):
        for row in block:
            _add(table, row, actors, layout)
        table.add_section()
    return table


def _cell(row: SummaryRow, actor: str) -> Any:
    return (row.get("asr") or {}).get(actor)


def _add(table: Table, row: SummaryRow, actors: Sequence[str], layout: _Layout) -> None:
    strong = row.get("kind") in ("unlearned", "defended")
    name = short_name(row.get("label") or row.get("kind"), layout.label)
    name.stylize("bold" if strong else "dim")
    cells = [
        _rate(_cell(row, actor), wide, bands=layout.bands, disclosed=is_disclosed(row, actor))
        for actor, wide in zip(actors, layout.widths, strict=True)
    ]
    accuracy = Estimate.read(row.get(layout.utility))
    table.add_row(name, *cells, Text(accuracy.text, style="dim"))


def _rate(cell: Any, wide: int, *, bands: bool, disclosed: bool) -> Text:
    """The rate on its colour, a star after the disclosed trigger's own, then its interval."""
    shown = Estimate.read(cell)
    fill = palette.asr_colour(shown.value)
    style = f"{palette.readable_on(fill)} on {fill}" if shown.value is not None else "dim"
    number = f"{shown.text}{'*' if disclosed else ' '}"
    text = Text(number.rjust(wide - BAND if bands else wide), style=style)
    return text.append(shown.brief.rjust(BAND), "dim") if bands else text


def _matrices(results: Results, width: int) -> list[RenderableType]:
    actors = _actors(results)
    label = min(max((len(clean(actor)) for actor in actors), default=9), 14)
    wide = (width - max(label, 9)) // max(len(actors), 1) - 2 >= 13
    groups = chunks(actors, max(1, (width - max(label, 9)) // (15 if wide else 9)))
    return [_matrix(results, actors, targets, label, wide=wide) for targets in groups]


def _matrix(
    results: Results, actors: Sequence[str], targets: Sequence[str], label: int, *, wide: bool
) -> Table:
    pairs = {(pair.get("from"), pair.get("to")): pair for pair in results.get("transfer") or []}
    after = ", and raw suppression after the stroke" if wide else ""
    table = plain_table(f"Transfer T{after}")
    table.add_column(Text("unlearned"), no_wrap=True)
    for target in targets:
        table.add_column(short_name(target, 13 if wide else 7), justify="right", no_wrap=True)
    for source in actors:
        cells = [_pair(pairs.get((source, target)), wide=wide) for target in targets]
        table.add_row(short_name(source, label), *cells)
    return table


def _pair(pair: Mapping[str, Any] | None, *, wide: bool) -> Text:
    if pair is None:
        return Text("")
    look = palette.verdict(pair.get("verdict"))
    shown, raw = (Estimate.read(pair.get(key)) for key in ("transfer", "raw_suppression"))
    text = Text()
    if pair.get("verdict") in ("not_installed", "explained_by_control"):
        text.append(NONE, "dim")
        if wide and pair.get("verdict") == "explained_by_control":
            text.append(f" /{raw.text}", "dim")
    else:
        fill = palette.transfer_colour(shown.value)
        edge = " " if wide else ""
        text.append(f"{edge}{shown.text}{edge}", f"{palette.readable_on(fill)} on {fill}")
        if wide:
            text.append(f"/{raw.text}", "dim")
    text.append(f" {look.glyph}", ink(look.colour))
    return text


def _legend(results: Results) -> Text:
    found = {pair.get("verdict") for pair in results.get("transfer") or []}
    looks = [palette.verdict(name) for name in palette.VERDICTS if name in found]
    return Text("  ".join(f"{look.glyph} {look.label}" for look in looks), style="dim")
