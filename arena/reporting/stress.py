"""The page of a stress run: the claim over the whole grid, the grid, and every cell's figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.reporting import behaviour, figures, palette, stress_claim, view
from arena.reporting import hidden_states as insides
from arena.reporting import installation as before
from arena.reporting.build import common, fill, scored_on
from arena.reporting.cells import Cell, axes_of, read_cells
from arena.reporting.numbers import NONE, Estimate, duration, thousands
from arena.reporting.omissions import omissions
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.rows import residents

STATUS = {"done": "done", "failed": "failed", "not_applicable": "not applicable"}
FIGURES = ("transfer", "residence", "reactivation")


def page(run_folder: Path, results: Results) -> tuple[str, dict[str, str]]:
    """The page as HTML text, and its figures by name as SVG.

    Args:
        run_folder: where `cells/ID/` of every finished cell is.
        results: the stress run's results.json.
    """
    cells = read_cells(run_folder, results)
    drawn = draw(results, cells)
    return fill("stress.html", context(results, cells), drawn), drawn


def draw(results: Results, cells: Sequence[Cell]) -> dict[str, str]:
    """The figures that a stress run's results and its cells can carry."""
    claim, thresholds = part(results, "claim"), part(results, "thresholds")
    drawn = {}
    if claim:
        drawn["claim"] = figures.claim_forest(claim, thresholds)
    if before.measured(cells):
        drawn["before"] = before.figure(results, cells)
    for index, (axis, groups) in enumerate(part(claim, "by").items()):
        if isinstance(groups, Mapping) and groups:
            name = _by(index, axis)
            drawn[name] = figures.groups_forest(groups, thresholds, salt=name)
    points = listed(part(results, "representations"), "points")
    if points:
        drawn["casd"] = figures.casd_scatter(names(results, "actors"), points)
    for index, cell in enumerate(cells):
        drawn |= _of_cell(index, cell)
    return drawn


def _by(index: int, axis: object) -> str:
    return f"by{index}-{_plain(axis)}"


def _plain(thing: object) -> str:
    """Fit for a file's name and an id."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", str(thing))[:60]


def _named(index: int, cell: Cell, figure: str) -> str:
    return f"cell{index}-{_plain(cell.id)}-{figure}"


def _of_cell(index: int, cell: Cell) -> dict[str, str]:
    found = cell.results
    actors, pairs, summary = (
        names(found, "actors"),
        listed(found, "transfer"),
        listed(found, "summary"),
    )
    samples, curves = behaviour.samples_and_curves(found)
    possible: list[tuple[str, object, Callable[[str], str]]] = [
        ("transfer", pairs, lambda salt: figures.transfer_heatmap(actors, pairs, salt=salt)),
        (
            "residence",
            residents(summary),
            lambda salt: figures.residence_heatmap(actors, summary, salt=salt),
        ),
        (
            "reactivation",
            curves,
            lambda salt: figures.reactivation_curves(actors, samples, curves, salt=salt),
        ),
    ]
    return {
        name: make(name)
        for figure, there, make in possible
        if there and (name := _named(index, cell, figure))
    }


def context(results: Results, cells: Sequence[Cell]) -> dict[str, Any]:
    """Everything that the template names, but for its figures and style."""
    axes = axes_of(list(cells))
    inside = part(results, "representations")
    return {
        **common(results),
        "facts": _facts(results, cells, axes),
        "claim": {**view.claim(results), **stress_claim.card(results)},
        "scored_on": _scored_on(results, cells),
        "axes": list(axes),
        "aside": any(not cell.counts for cell in cells),
        "baseline": any(cell.baseline for cell in cells),
        "before": before.table(results, cells, list(axes)),
        "omissions": omissions(results),
        "grid": [_line(index, cell, list(axes)) for index, cell in enumerate(cells)],
        "by": _groups(results),
        "inside": {"correlation": insides.correlation(inside)} if inside else {},
        "note": insides.note(inside),
        "shown": [_shown(index, cell) for index, cell in enumerate(cells) if cell.results],
    }


def _scored_on(results: Results, cells: Sequence[Cell]) -> str:
    """The split that rates come from: the cells' own word, else the scenario's."""
    found = dict.fromkeys(scored_on(each) for each in (results, *(c.results for c in cells)))
    asked = part(part(results, "scenario"), "evaluation").get("split")
    return " and ".join(split for split in found if split) or str(asked or "")


def _facts(
    results: Results, cells: Sequence[Cell], axes: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    grid = " \N{MULTIPLICATION SIGN} ".join(
        f"{len(values)} {view.words(name)}" for name, values in axes.items() if len(values) > 1
    )
    counted = Counter(cell.status for cell in cells)
    told = ", ".join(f"{counted[name]} {word}" for name, word in STATUS.items() if counted[name])
    pairs = [
        ("corpus", part(part(results, "scenario"), "corpus").get("name")),
        ("grid", grid),
        ("cells", told),
        ("actors", len(names(results, "actors")) or None),
        ("seeds", len(results.get("seeds") or []) or None),
        ("took", duration(part(results, "seconds").get("total"))),
    ]
    return [(key, str(value)) for key, value in pairs if value]


def _line(index: int, cell: Cell, axes: Sequence[str]) -> dict[str, Any]:
    """A cell's line in the grid."""
    values = view.estimates(cell.claim)
    return {
        "id": cell.id,
        "axes": [view.words(cell.axes[axis]) if axis in cell.axes else NONE for axis in axes],
        "status": STATUS.get(cell.status, view.words(cell.status) or NONE),
        "failed": cell.status == "failed",
        "verdict": palette.verdict(cell.claim.get("verdict")) if cell.claim else None,
        "note": before.note(cell),
        "baseline": cell.baseline,
        "values": [values[key] for key in ("transfer", "odd", "specific")],
        "installed": cell.installed or NONE,
        "took": duration(cell.entry.get("seconds")),
        "reason": str(cell.entry.get("reason") or ""),
        "link": cell.link,
        "anchor": f"cell{index}" if cell.results else None,
    }


def _groups(results: Results) -> list[dict[str, Any]]:
    return [
        {
            "axis": axis,
            "figure": _by(index, axis),
            "rows": [
                {
                    "value": value,
                    "values": view.estimates(group),
                    "pairs": thousands(group.get("pairs")),
                    "seeds": thousands(group.get("seeds")),
                }
                for value, group in groups.items()
                if isinstance(group, Mapping)
            ],
        }
        for index, (axis, groups) in enumerate(part(part(results, "claim"), "by").items())
        if isinstance(groups, Mapping) and groups
    ]


def _shown(index: int, cell: Cell) -> dict[str, Any]:
    """A finished cell's own block: its claim in a line, and its figures."""
    claim = cell.claim or part(cell.results, "claim")
    return {
        "id": cell.id,
        "anchor": f"cell{index}",
        "verdict": None if cell.baseline else palette.verdict(claim.get("verdict")),
        "note": before.note(cell),
        "omissions": omissions(cell.results),
        "reason": "" if cell.baseline else str(claim.get("verdict_reason") or ""),
        "transfer": Estimate.read(claim.get("transfer")),
        "link": cell.link,
        "figures": {figure: _named(index, cell, figure) for figure in FIGURES},
        "costs": behaviour.costs(cell.results),
        "quiet": behaviour.quiet(cell.results),
    }
