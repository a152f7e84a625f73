"""The cells of a stress run for its page: each with its own run's results and report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.errors import InputError
from arena.results.claim import Claim
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.results.stress import StressCell, StressResults

# Allowed folder names, so that an id from a file never leads out of the run's folder.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True)
class CellView:
    """A cell with its own run.

    Attributes:
        cell: from the stress run's results.
        results: of the cell's own run; None if missing or unreadable. link: the cell's own report,
            relative to the stress run's folder; None if missing.
    """

    cell: StressCell
    results: RunResults | None = None
    link: str | None = None

    @property
    def id(self) -> str:
        """Return the cell's name."""
        return self.cell.id

    @property
    def claim(self) -> Claim | None:
        """Return the cell's own claim; None if nothing was judged."""
        return self.cell.claim

    @property
    def is_baseline(self) -> bool:
        """Return whether the cell is done but has no pair of backdoors in one model (solo)."""
        return self.cell.status == "done" and self.cell.claim is None

    @property
    def has_rates(self) -> bool:
        """Return whether the cell is done and has rates before unlearning."""
        return self.cell.status == "done" and bool(self.cell.asr)

    def is_installed(self, actor: str, threshold: float | None) -> bool:
        """Return whether an actor's backdoor is installed, from the results. If they do not say,
        ASR is compared with `threshold`."""
        if actor in self.cell.installed:
            return self.cell.installed[actor]
        rate = self.cell.asr[actor].value if actor in self.cell.asr else None
        return rate is None or threshold is None or rate >= threshold

    @property
    def installed_share(self) -> str:
        """Return `3 of 4` actors; empty if unknown."""
        installed = self.cell.installed
        return f"{sum(installed.values())} of {len(installed)}" if installed else ""


def read_cells(run_folder: Path | None, results: StressResults) -> list[CellView]:
    """Return every cell, in the order of the results.

    Args:
        run_folder: where `cells/ID/` of every finished cell is; None reads no cell's own results.
        results: of the stress run.
    """
    return [_view(run_folder, cell) for cell in results.cells]


def _view(run_folder: Path | None, cell: StressCell) -> CellView:
    if run_folder is None or not _PLAIN.fullmatch(cell.id):
        return CellView(cell)
    place = f"cells/{cell.id}"
    has_report = (run_folder / place / "report.html").is_file()
    link = f"{place}/report.html" if has_report else None
    return CellView(cell, _own_results(run_folder / place), link)


def _own_results(folder: Path) -> RunResults | None:
    try:
        results = read_results(folder)
    except InputError:
        return None
    return results if isinstance(results, RunResults) else None


def axes_of(cells: Sequence[CellView]) -> dict[str, list[str]]:
    """Return every axis of the grid with its values, in order of first appearance."""
    axes: dict[str, dict[str, None]] = {}
    for view in cells:
        for name, value in view.cell.axes.items():
            axes.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in axes.items()}
