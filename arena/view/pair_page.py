"""The page of a pair of actors: T seed by seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena.reporting import palette
from arena.reporting.claim_card import ShownTransfer
from arena.reporting.wording import words
from arena.results.numbers import finite
from arena.results.pairs import Pair, PairSeed
from arena.results.rows import SHAM_KINDS, Row, ShamKind
from arena.results.run import RunResults
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.tables import Column, Line, Table


def pair_view(place: Place, results: RunResults, source: str, to: str) -> View | None:
    """Return the page of a pair: its numbers seed by seed, and the models behind them; None if the
    run has no such pair."""
    at = {"least" if results.most else "": results.transfer}
    if results.most is not None:
        at["most"] = results.most.transfer
    by_dose = {dose: _only(pairs, source, to) for dose, pairs in at.items()}
    if not any(by_dose.values()):
        return None
    page = place.pair(source, to)
    doses = [
        {
            "dose": dose,
            "verdict": palette.verdict(pair.verdict),
            "reason": pair.verdict_reason,
            "estimates": ShownTransfer.of(pair),
            "seeds": _seeds(place, results, pair, dose, page),
        }
        for dose, pair in by_dose.items()
        if pair is not None
    ]
    return View(page, "pair.html", {**top(place, page), "pair": (source, to), "doses": doses})


def _only(pairs: Sequence[Pair], source: str, to: str) -> Pair | None:
    return next((pair for pair in pairs if (pair.source, pair.to) == (source, to)), None)


def _seeds(place: Place, results: RunResults, pair: Pair, dose: str, page: str) -> Table:
    kinds = [kind for kind in SHAM_KINDS if any(_sham(c, kind) is not None for c in pair.per_seed)]
    columns = (
        Column("seed", "seed", "link"),
        Column("status", "status", "choice"),
        Column("control", "after the clean fine-tune", "number"),
        Column("unlearned", "after unlearning", "number"),
        *(Column(f"sham_{kind}", f"after {kind} shams", "number") for kind in kinds),
        Column("floor", "never poisoned", "number"),
        Column("transfer", "T", "number"),
    )

    measured = {row.seed for row in results.rows if row.kind == "reference"}

    def line(case: PairSeed) -> Line:
        row = _unlearned(results, pair.source, case.seed, dose)
        return {
            "seed": str(case.seed),
            "seed_href": None if row is None else relative(place.model(row.seed, row.name), page),
            "status": words(case.status),
            "control": finite(case.control),
            "unlearned": finite(case.unlearned),
            **{f"sham_{kind}": _sham(case, kind) for kind in kinds},
            "floor": finite(case.floor) if case.seed in measured else None,
            "floor_note": "" if case.seed in measured else "taken as 0",
            "transfer": finite(case.transfer),
        }

    return Table(f"seeds-{dose or 'all'}", columns, [line(case) for case in pair.per_seed], False)


def _sham(case: PairSeed, kind: ShamKind) -> float | None:
    """The rate after shams of a kind; results of earlier versions have familiar ones only."""
    known = case.by_sham.get(kind)
    if known is None:
        return finite(case.sham) if kind == "familiar" else None
    return finite(known.sham)


def _unlearned(results: RunResults, source: str, seed: int, dose: str) -> Row | None:
    """The model behind a pair's number in a seed."""
    for row in results.rows:
        taken = "" if row.dose is None else row.dose.which
        if (row.kind, row.target, row.seed) == ("unlearned", source, seed) and dose in ("", taken):
            return row
    return None


def pair_names(results: RunResults) -> Iterator[tuple[str, str]]:
    """Return the pairs of a run that have a page."""
    yield from ((pair.source, pair.to) for pair in results.transfer)
