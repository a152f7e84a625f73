"""What lies beside a page in its run's folder: the files that it links to, and the provenance of
the results, for its head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from arena.results.provenance import Provenance, read_provenance

HOLDS = {
    "results.json": "every number of this page, and those by seed",
    "scenario.yaml": "the resolved scenario, to run it again",
    "best.yaml": "the chosen strategy, as a scenario",
    "tables/rows.csv": "every rate of every model, one per line",
    "tables/transfer.csv": "T of every pair in every seed",
    "tables/curves.csv": "rates along every removal",
    "tables/training.csv": "losses of every training",
    "events.jsonl": "the record of the run, one line per stage",
    "run.log": "progress as plain lines",
}
UNKNOWN = Provenance()
SHORT = 12  # characters of a commit that are shown


class Download(NamedTuple):
    """A file, relative to the page, and what it holds."""

    path: str
    holds: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The files beside a page, and where its results come from. drawn: whether its figures are
    there as files, `figures/NAME.svg`."""

    files: Sequence[Download] = ()
    provenance: Provenance = UNKNOWN
    drawn: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """Return them for a template."""
        return {"files": self.files, "made": made(self.provenance)}

    def with_figures(self, names: Iterable[str]) -> dict[str, Any]:
        """Return them for the template of a page with these figures."""
        return {**self.values, "figure_files": list(names) if self.drawn else []}


NOTHING = Beside()


def beside(folder: Path) -> Beside:
    """Return what lies beside the page of a run's folder."""
    return Beside(downloads(folder), read_provenance(folder), (folder / "figures").is_dir())


def downloads(folder: Path) -> list[Download]:
    """Return the files that are there, in a fixed order; results.json is there in every folder of
    a finished run."""
    return [Download(path, holds) for path, holds in HOLDS.items() if (folder / path).is_file()]


def made(provenance: Provenance) -> list[tuple[str, str]]:
    """Return a provenance in words, without what is not known."""
    commit = provenance.commit[:SHORT]
    entries = [
        ("finished", _date(provenance.finished)),
        ("version", provenance.version),
        ("commit", f"{commit}, with changes" if provenance.modified else commit),
        ("command", provenance.command),
    ]
    return [(name, value) for name, value in entries if value]


def _date(text: str) -> str:
    """A date with its offset from UTC; one that is no date stays as it is."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %z}".strip()
    except ValueError:
        return text
