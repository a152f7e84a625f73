"""The first page of a finished run: its verdict, and the ways down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arena.reporting import palette
from arena.reporting.beside import beside
from arena.reporting.claim_card import ShownTransfer, judged_claims
from arena.reporting.view import facts
from arena.reporting.wording import words
from arena.results.brief import counted_seeds
from arena.results.claim import Judgement
from arena.results.numbers import finite
from arena.results.pairs import Pair
from arena.results.reader import Results
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.said_pages import sample_paths
from arena.view.tables import Column, Line, Table


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """The claim at a dose; `dose` is empty if there is only one."""

    dose: str
    verdict: palette.Verdict
    estimates: ShownTransfer


def run_view(place: Place, results: Results) -> View:
    """Return the first page of a finished run: its verdict, and the ways down."""
    page = place.home
    values: dict[str, Any] = {
        **top(place, page),
        "description": results.scenario.description,
        "kind": results.kind,
        **beside(place.folder).values,
        "claims": [],
        "pairs": None,
        "models": None,
        "cells": None,
        "searchable": False,
    }
    if isinstance(results, RunResults):
        values |= {
            "facts": facts(results),
            "claims": _claims(*judged_claims(results)),
            "pairs": _pairs(place, results, page) if results.transfer else None,
            "models": _models(place, results, page),
            "searchable": any(sample_paths(place, results)),
        }
    if isinstance(results, StressResults):
        values |= {
            "facts": [("seeds", counted_seeds(results.seeds))],
            "claims": _claims(*judged_claims(results)),
            "cells": _cells(place, results, page),
        }
    return View(page, "run.html", values)


def _claims(least: Judgement | None, most: Judgement | None) -> list[ClaimLine]:
    """The claim at each dose, with the numbers of the report's card."""
    by_dose = {"least" if most is not None else "": least, "most": most}
    return [
        ClaimLine(dose, palette.verdict(claim.verdict), ShownTransfer.of(claim))
        for dose, claim in by_dose.items()
        if claim is not None
    ]


def _pairs(place: Place, results: RunResults, page: str) -> Table:
    most = {(p.source, p.to): p for p in (results.most.transfer if results.most else ())}
    columns = (
        Column("pair", "unlearned → effect on", "link"),
        Column("least", "T at least" if most else "T", "number"),
        Column("verdict", "verdict", "choice"),
        Column("most", "T at most", "number"),
        Column("verdict_most", "verdict at most", "choice"),
        Column("raw", "raw suppression", "number"),
        Column("seeds", "seeds", "count"),
    )
    lines = [_pair(place, p, most.get((p.source, p.to)), page) for p in results.transfer]
    shown = columns if most else [c for c in columns if c.field not in ("most", "verdict_most")]
    return Table("pairs", shown, lines)


def _pair(place: Place, pair: Pair, most: Pair | None, page: str) -> Line:
    return {
        "pair": f"{pair.source} → {pair.to}",
        "pair_href": relative(place.pair(pair.source, pair.to), page),
        "least": finite(pair.transfer.value),
        "verdict": palette.verdict(pair.verdict).label,
        "most": finite(most.transfer.value) if most else None,
        "verdict_most": palette.verdict(most.verdict).label if most else "",
        "raw": finite(pair.raw_suppression.value),
        "seeds": pair.seeds,
    }


def _models(place: Place, results: RunResults, page: str) -> Table:
    columns = (
        Column("model", "model", "link"),
        Column("seed", "seed", "choice"),
        Column("kind", "kind", "choice"),
        *(Column(f"asr_{n}", f"ASR {actor}", "number") for n, actor in enumerate(results.actors)),
        Column("accuracy", "clean accuracy", "number"),
    )
    return Table("models", columns, [_model(place, results, row, page) for row in results.rows])


def _model(place: Place, results: RunResults, row: Row, page: str) -> Line:
    rates = {f"asr_{n}": _rate(row.asr.get(actor)) for n, actor in enumerate(results.actors)}
    return {
        "model": row.title,
        "model_href": relative(place.model(row.seed, row.name), page),
        "seed": row.seed,
        "kind": words(row.kind),
        **rates,
        "accuracy": _rate(row.clean_accuracy),
    }


def _rate(rate: Rate | None) -> float | None:
    return None if rate is None else finite(rate.rate)


def _cells(place: Place, results: StressResults, page: str) -> Table:
    inside = {each.name.rpartition("/")[2]: each for each in place.cells()}
    axes = list(dict.fromkeys(axis for cell in results.cells for axis in cell.axes))
    columns = (
        Column("cell", "cell", "link"),
        Column("verdict", "verdict", "choice"),
        Column("least", "T at least", "number"),
        Column("most", "T at most", "number"),
        *(Column(f"axis_{n}", words(axis), "choice") for n, axis in enumerate(axes)),
    )
    lines = [
        {
            "cell": cell.id,
            "cell_href": relative(inside[cell.id].home, page) if cell.id in inside else None,
            **{f"axis_{n}": words(cell.axes.get(axis)) for n, axis in enumerate(axes)},
            "verdict": palette.verdict(cell.claim.verdict).label if cell.claim else cell.status,
            "least": _transfer(cell.claim),
            "most": _transfer(cell.most),
        }
        for cell in results.cells
    ]
    return Table("cells", columns, lines)


def _transfer(claim: Judgement | None) -> float | None:
    return None if claim is None else finite(claim.transfer.value)
