"""The table of a run that was repeated with the same scenario and seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from arena.results.claim import Judgement
from arena.results.stress import StressResults
from benchmarks.findings_kept import Kept, claims, full, grid, verdict


def again(first: Kept, second: Kept) -> str:
    """T and its verdict in both runs, at both doses; of a grid for every cell."""
    later = {(cell, dose): judged for cell, dose, judged in _judged(second)}
    rows = (
        [*([cell] if cell else []), dose, *_shown(judged), *_shown(later[cell, dose])]
        for cell, dose, judged in _judged(first)
    )
    cells = ["cell"] if isinstance(first.results, StressResults) else []
    return grid([*cells, "dose", "T", "verdict", "T again", "verdict again"], rows)


def _judged(run: Kept) -> Iterator[tuple[str, str, Judgement]]:
    if not isinstance(run.results, StressResults):
        yield from (("", dose, judged) for dose, judged in claims(run))
        return
    for cell in run.stress.cells:
        for dose, judged in (("least", cell.claim), ("most", cell.most)):
            if judged is not None:
                yield cell.id, dose, judged


def _shown(judged: Judgement) -> tuple[str, str]:
    return full(judged.transfer), verdict(judged)


TABLES: dict[str, Callable[[Kept, Kept], str]] = {"again": again}
