"""The files of a run's folder that its page links to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HOLDS = {
    "results.json": "every number of this page, and those by seed",
    "scenario.yaml": "the resolved scenario: the command below runs it again",
    "best.yaml": "the chosen strategy, as a scenario",
    "tables/rows.csv": "every rate of every model, one per line",
    "tables/transfer.csv": "T of every pair in every seed",
    "tables/curves.csv": "rates along every removal",
    "events.jsonl": "the record of the run, one line per stage",
    "run.log": "progress as plain lines",
}


class Download(NamedTuple):
    """A file, relative to the page, and what it holds."""

    path: str
    holds: str


def downloads(folder: Path) -> list[Download]:
    """Return the files that are there, in a fixed order; results.json is there in every folder of
    a finished run."""
    return [Download(path, holds) for path, holds in HOLDS.items() if (folder / path).is_file()]
