"""The cells of a stress run's grid: what the run says of each, and each cell's own results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.errors import InputError
from arena.reporting.build import read_results
from arena.reporting.numbers import Estimate
from arena.reporting.parts import Results, listed, part

# What may be a folder's name: an id from elsewhere never leads out of the run's folder.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True)
class Cell:
    """One point of the grid.

    Attributes:
        id: its name.
        entry: what the stress run's results say of it.
        results: its own results.json; empty where it has none.
        link: its own report, relative to the stress run's folder; None where there is none.
    """

    id: str
    entry: Mapping[str, Any]
    results: Results
    link: str | None

    @property
    def status(self) -> str:
        return str(self.entry.get("status") or "")

    @property
    def claim(self) -> Mapping[str, Any]:
        return part(self.entry, "claim")

    @property
    def axes(self) -> Mapping[str, Any]:
        return part(self.entry, "axes")

    @property
    def baseline(self) -> bool:
        """It ended, but nothing in it could be suppressed by another's unlearning (solo)."""
        return self.status == "done" and not self.claim

    @property
    def counts(self) -> bool:
        """Whether the claim counts it; an ablation is only shown."""
        return self.entry.get("counts") is not False

    @property
    def asr(self) -> Mapping[str, Any]:
        """ASR by actor before anything is unlearned."""
        return part(self.entry, "asr")

    def took(self, actor: str, least: float | None) -> bool:
        """Whether an actor's backdoor is installed, by the run's word; where it gives none,
        by `least`, the threshold on ASR."""
        found, rate = part(self.entry, "installed").get(actor), Estimate.read(self.asr.get(actor))
        if isinstance(found, bool):
            return found
        return rate.value is None or least is None or rate.value >= least

    @property
    def installed(self) -> str:
        """`3 of 4` actors; nothing where it is not known."""
        found = part(self.entry, "installed")
        took = sum(value is True for value in found.values())
        return f"{took} of {len(found)}" if found else ""


def read_cells(run_folder: Path | None, results: Results) -> list[Cell]:
    """Every cell, in the order of the results. A cell whose own results are missing or cannot
    be read has none; without a folder, none has."""
    return [_cell(run_folder, entry) for entry in listed(results, "cells")]


def _cell(run_folder: Path | None, entry: Mapping[str, Any]) -> Cell:
    name = str(entry.get("id") or "")
    if run_folder is None or not _PLAIN.fullmatch(name):
        return Cell(name, entry, {}, None)
    place = f"cells/{name}"
    there = (run_folder / place / "report.html").is_file()
    try:
        found = read_results(run_folder / place)
    except InputError:
        found = {}
    return Cell(name, entry, found, f"{place}/report.html" if there else None)


def axes_of(cells: list[Cell]) -> dict[str, list[str]]:
    """Every axis of the grid with its values, in order of first appearance."""
    axes: dict[str, dict[str, None]] = {}
    for cell in cells:
        for name, value in cell.axes.items():
            axes.setdefault(str(name), {})[str(value)] = None
    return {name: list(values) for name, values in axes.items()}
