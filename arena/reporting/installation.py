"""What is in the models of a grid before anything is unlearned, as the page shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from arena.reporting import figures
from arena.reporting.cells import Cell
from arena.reporting.figures.installation import Before, Line
from arena.reporting.numbers import NONE, Estimate, number
from arena.reporting.parts import Results, names, part
from arena.reporting.view import words

BASELINE = "baseline"
ASIDE = "shown, not in the verdict"


def actors_of(results: Results, cells: Sequence[Cell]) -> list[str]:
    """The run's actors, then those that only a cell names."""
    every = (str(actor) for cell in cells for actor in cell.asr)
    return list(dict.fromkeys([*names(results, "actors"), *every]))


def measured(cells: Sequence[Cell]) -> list[Cell]:
    """The finished cells that tell any ASR."""
    return [cell for cell in cells if cell.status == "done" and cell.asr]


def note(cell: Cell) -> str:
    """What sets a cell apart from those that the verdict rests on; mostly nothing."""
    return ", ".join(
        said for said, holds in ((BASELINE, cell.baseline), (ASIDE, not cell.counts)) if holds
    )


def figure(results: Results, cells: Sequence[Cell]) -> str:
    """The heat map of `measured` cells, as SVG."""
    actors, least = actors_of(results, cells), threshold(results)
    lines = [
        Line(cell.id, note(cell), [_before(cell, actor, least) for actor in actors])
        for cell in measured(cells)
    ]
    return figures.before_heatmap(actors, lines)


def threshold(results: Results) -> float | None:
    """The least ASR of an installed backdoor."""
    return number(part(results, "thresholds").get("installed_asr"))


def _before(cell: Cell, actor: str, least: float | None) -> Before:
    poison = short(part(cell.entry, "poison").get(actor))
    return Before(Estimate.read(cell.asr.get(actor)), poison, cell.took(actor, least))


def short(poison: Any) -> str:
    """`320 of 8000 (4.0%)` for `320 of 8000 documents (4.0%)`; other text as it is."""
    return re.sub(r"\s+documents\b", "", str(poison)) if poison else ""


def table(results: Results, cells: Sequence[Cell], axes: Sequence[str]) -> dict[str, Any]:
    """The same as a table, with every axis; nothing where no cell tells an ASR."""
    actors, least = actors_of(results, cells), threshold(results)
    rows = [_row(cell, actors, axes, least) for cell in measured(cells)]
    return {"actors": actors, "rows": rows} if rows else {}


def _row(
    cell: Cell, actors: Sequence[str], axes: Sequence[str], least: float | None
) -> Mapping[str, Any]:
    poison = part(cell.entry, "poison")
    return {
        "id": cell.id,
        "note": note(cell),
        "axes": [words(cell.axes[axis]) if axis in cell.axes else NONE for axis in axes],
        "cells": [
            {
                "rate": Estimate.read(cell.asr.get(actor)),
                "poison": str(poison.get(actor) or ""),
                "installed": cell.took(actor, least),
            }
            for actor in actors
        ],
    }
