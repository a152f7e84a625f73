"""The pages of a site, each from the results of a run: what its template shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arena.reporting import palette
from arena.reporting.beside import beside
from arena.reporting.claim_card import ShownTransfer, judged
from arena.reporting.numbers import finite
from arena.reporting.run_list import RunLine
from arena.reporting.text import clean
from arena.reporting.view import facts
from arena.reporting.wording import words
from arena.results.brief import counted_seeds
from arena.results.claim import Claim, Judgement
from arena.results.pairs import Pair
from arena.results.reader import Results
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.view.page import View, top
from arena.view.place import INDEX, Place, relative
from arena.view.said_pages import sample_paths
from arena.view.tables import Column, Line, Table

LOG_LINES = 40  # of a running run that are shown


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """The claim at a dose; `dose` is empty if there is only one."""

    dose: str
    verdict: palette.Verdict
    estimates: ShownTransfer


# -- the list --------------------------------------------------------------------------------------


def list_view(found: Sequence[tuple[Place, RunLine]]) -> View:
    """Return the list of all runs."""
    columns = (
        Column("name", "run", "link"),
        Column("changed", "changed"),
        Column("kind", "kind", "choice"),
        Column("state", "state", "choice"),
        Column("seeds", "seeds", "count"),
        Column("verdict", "verdict", "choice"),
        Column("least", "T at least", "number"),
        Column("most", "T at most", "number"),
    )
    lines = [_run_line(place, line) for place, line in found]
    return View(INDEX, "list.html", {"runs": Table("runs", columns, lines, choose=True)})


def _run_line(place: Place, line: RunLine) -> Line:
    least, most = line.claims
    verdict = "" if least is None else palette.verdict(least.verdict).label
    return {
        "name": place.name,
        "name_href": relative(place.home, INDEX),
        "changed": f"{line.changed:%Y-%m-%d %H:%M}",
        "kind": line.kind,
        "state": line.state or "finished",
        "seeds": line.seeds,
        "verdict": verdict,
        "least": None if least is None else finite(least.transfer.value),
        "most": None if most is None else finite(most.transfer.value),
        "chosen_as": place.name if least or most else None,
    }


# -- one run ---------------------------------------------------------------------------------------


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
            "claims": _claims(*_judged(results)),
            "pairs": _pairs(place, results, page) if results.transfer else None,
            "models": _models(place, results, page),
            "searchable": any(sample_paths(place, results)),
        }
    if isinstance(results, StressResults):
        values |= {
            "facts": [("seeds", counted_seeds(results.seeds))],
            "claims": _claims(results.claim, results.most),
            "cells": _cells(place, results, page),
        }
    return View(page, "run.html", values)


def _judged(results: RunResults) -> tuple[Claim | None, Claim | None]:
    """The claim at `least` (or the only dose) and at `most`, where the run judges it."""
    claim = judged(results)
    return claim, results.most.claim if claim is not None and results.most else None


def live_view(place: Place, line: RunLine) -> View:
    """Return the page of a run that has no results: its state and the end of its log."""
    log = place.folder / "run.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    shown = [clean(each) for each in text.splitlines()[-LOG_LINES:]]
    values = {**top(place, place.home), "state": line.state, "resume": line.resume, "log": shown}
    return View(place.home, "live.html", values)


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


def _transfer(claim: Claim | None) -> float | None:
    return None if claim is None else finite(claim.transfer.value)
