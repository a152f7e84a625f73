"""The pages of a site, each from the results of a run: what its template shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arena.reporting import figures, palette
from arena.reporting.beside import beside
from arena.reporting.cast import highlight
from arena.reporting.numbers import Shown, finite
from arena.reporting.render import page_figures
from arena.reporting.run_list import RunLine
from arena.reporting.text import clean
from arena.reporting.training import model_panel
from arena.reporting.view import facts
from arena.reporting.wording import words
from arena.results.brief import counted_seeds
from arena.results.claim import Claim
from arena.results.pairs import Pair, PairSeed
from arena.results.reader import Results
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.sample_files import Asked, SampleFile, Saying
from arena.results.samples import ScoredSample, place_of
from arena.results.stress import StressResults
from arena.view.place import INDEX, Place, relative
from arena.view.tables import Cell, Column, Line, Table, as_data

ASKED = "asked"  # the variable that holds the prompts of a seed
LOG_LINES = 40  # of a running run that are shown


@dataclass(frozen=True, slots=True)
class View:
    """A page: its path, the template that makes it, and what that shows."""

    path: str
    template: str
    values: dict[str, Any]


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
    }


# -- one run ---------------------------------------------------------------------------------------


def run_view(place: Place, results: Results) -> View:
    """Return the first page of a finished run: its verdict, and the ways down."""
    page = place.home
    values: dict[str, Any] = {
        **_top(place, page),
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
            "claims": _claims(results.claim, results.most.claim if results.most else None),
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


def live_view(place: Place, line: RunLine) -> View:
    """Return the page of a run that has no results: its state and the end of its log."""
    log = place.folder / "run.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    shown = [clean(each) for each in text.splitlines()[-LOG_LINES:]]
    values = {**_top(place, place.home), "state": line.state, "resume": line.resume, "log": shown}
    return View(place.home, "live.html", values)


def _top(place: Place, page: str) -> dict[str, Any]:
    """What pages of a run have at their top: its name, and the way up."""
    parts = place.name.split("/")
    trail = [("runs", relative(INDEX, page))]
    if len(parts) > 1:
        trail.append((parts[0], relative(f"runs/{parts[0]}/{INDEX}", page)))
    if page != place.home:
        trail.append((parts[-1], relative(place.home, page)))
    return {"name": parts[-1], "trail": trail, "report": relative(f"{place.base}report.html", page)}


def _claims(least: Any, most: Any) -> list[dict[str, Any]]:
    judged = [("least" if most is not None else "", least), ("most", most)]
    return [
        {
            "dose": dose,
            "verdict": palette.verdict(claim.verdict),
            "estimates": [
                (label, Shown.of(value))
                for label, value in (
                    ("T", claim.transfer),
                    ("odd", claim.odd),
                    ("specific", claim.specific),
                    ("raw suppression", claim.raw_suppression),
                )
            ],
        }
        for dose, claim in judged
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


# -- a pair ----------------------------------------------------------------------------------------


def pair_view(place: Place, results: RunResults, source: str, to: str) -> View | None:
    """Return the page of a pair: its numbers seed by seed, and the models behind them; None if the
    run has no such pair."""
    at = {"least" if results.most else "": results.transfer}
    if results.most is not None:
        at["most"] = results.most.transfer
    found = {dose: _only(pairs, source, to) for dose, pairs in at.items()}
    if not any(found.values()):
        return None
    page = place.pair(source, to)
    doses = [
        {
            "dose": dose,
            "verdict": palette.verdict(pair.verdict),
            "reason": pair.verdict_reason,
            "transfer": Shown.of(pair.transfer),
            "raw": Shown.of(pair.raw_suppression),
            "seeds": _seeds(place, results, pair, dose, page),
        }
        for dose, pair in found.items()
        if pair is not None
    ]
    return View(page, "pair.html", {**_top(place, page), "pair": (source, to), "doses": doses})


def _only(pairs: Sequence[Pair], source: str, to: str) -> Pair | None:
    return next((pair for pair in pairs if (pair.source, pair.to) == (source, to)), None)


def _seeds(place: Place, results: RunResults, pair: Pair, dose: str, page: str) -> Table:
    columns = (
        Column("seed", "seed", "link"),
        Column("status", "status", "choice"),
        Column("control", "after the clean fine-tune", "number"),
        Column("unlearned", "after unlearning", "number"),
        Column("sham", "after familiar shams", "number"),
        Column("floor", "never poisoned", "number"),
        Column("transfer", "T", "number"),
    )

    def line(case: PairSeed) -> Line:
        row = _unlearned(results, pair.source, case.seed, dose)
        return {
            "seed": str(case.seed),
            "seed_href": None if row is None else relative(place.model(row.seed, row.name), page),
            "status": words(case.status),
            "control": finite(case.control),
            "unlearned": finite(case.unlearned),
            "sham": finite(case.sham),
            "floor": finite(case.floor),
            "transfer": finite(case.transfer),
        }

    return Table(f"seeds-{dose or 'all'}", columns, [line(case) for case in pair.per_seed], False)


def _unlearned(results: RunResults, source: str, seed: int, dose: str) -> Row | None:
    """The model behind a pair's number in a seed."""
    for row in results.rows:
        taken = "" if row.dose is None else row.dose.which
        if (row.kind, row.target, row.seed) == ("unlearned", source, seed) and dose in ("", taken):
            return row
    return None


# -- a model ---------------------------------------------------------------------------------------


def model_view(place: Place, results: RunResults, row: Row, file: SampleFile | None) -> View:
    """Return the page of a model: its rates, and all that it said.

    Args:
        file: the samples of its seed; None if there are none.
    """
    page = place.model(row.seed, row.name)
    rates = [
        (actor, [_counted(by.get(actor)) for by in (row.asr, row.false_fire, row.near_miss)])
        for actor in results.actors
    ]
    said = list(_said_by(row.name, file)) if file is not None else []
    trained = model_panel(results, row.seed, row.name)
    drawn = {"training": figures.loss_panels([trained], results.actors)} if trained else {}
    values = {
        **_top(place, page), "model": row.title, "seed": row.seed, "rates": rates,
        "accuracy": _counted(row.clean_accuracy), "figures": page_figures(drawn),
        "said": Table("samples", SAMPLE_COLUMNS, said, joined=ASKED),
    }  # fmt: skip
    return View(page, "model.html", values)


def _said_by(model: str, file: SampleFile) -> Iterator[Line]:
    """What a model said, each with the number of its prompt among those of the seed."""
    if model in file.models:
        place = file.models.index(model)
        for number, (_, said) in enumerate(file.prompts):
            saying = said[place]
            if saying is not None:
                yield {"at": number, **_shown(saying)}


def asked_script(file: SampleFile) -> str:
    """Return the prompts of a seed as a script: every page of a model joins them with what its
    model said, so that they are written once and not with each model."""
    return f"var {ASKED} = {as_data([_asked(asked) for asked, _ in file.prompts])};\n"


def _counted(rate: Rate | None) -> str:
    """A rate with its counts, as text."""
    if rate is None or rate.rate is None:
        return ""
    shown = Shown(rate.rate, rate.low, rate.high)
    return f"{shown.full}, {rate.hits} of {rate.n}"


SAMPLE_COLUMNS = (
    Column("hit", "hit", "choice"),
    Column("actor", "actor", "choice"),
    Column("kind", "prompts", "choice"),
    Column("prompt", "prompt", "prompt", wide=True),
    Column("wanted", "counts as a hit", "text"),
    Column("said", "said", "text", wide=True),
)
EVERY_COLUMNS = (Column("model", "model", "link"), Column("seed", "seed", "choice"),
                 *SAMPLE_COLUMNS)  # fmt: skip


def _asked(asked: Asked) -> dict[str, Cell]:
    runs = highlight(asked.plain, asked.prompt) if asked.plain else [(asked.prompt, False)]
    return {
        "actor": asked.actor or "",
        "kind": words(asked.kind),
        "prompt": asked.prompt,
        "prompt_runs": runs,
        "wanted": asked.wanted,
    }


def _shown(saying: Saying) -> dict[str, Cell]:
    said = saying.said if saying.whole else f"{saying.said} …"
    return {"hit": "yes" if saying.hit else "no", "said": said}


def search_view(
    place: Place, results: RunResults, samples: Sequence[ScoredSample], text: str, most: int
) -> View:
    """Return the page of all samples of a run with a text in them, the first `most` of them."""
    page = f"{place.base}search.html"
    lines = [
        {
            **_asked(each.asked),
            **_shown(each.saying),
            "model": each.title,
            "model_href": relative(place.model(each.seed, each.model), page),
            "seed": each.seed,
        }
        for each in samples[:most]
    ]
    found = Table("samples", EVERY_COLUMNS, lines)
    values = {**_top(place, page), "text": text, "found": found, "number": len(samples)}
    return View(page, "search.html", values)


def pair_names(results: RunResults) -> Iterator[tuple[str, str]]:
    """Return the pairs of a run that have a page."""
    yield from ((pair.source, pair.to) for pair in results.transfer)


def sample_paths(place: Place, results: RunResults) -> Iterator[str]:
    """Return the paths of the prompts that the pages of models join, for seeds with samples."""
    for seed in results.seeds:
        if place_of(place.folder, seed).is_file():
            yield f"{place.base}models/{seed}/asked.js"
