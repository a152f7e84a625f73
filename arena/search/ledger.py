"""The ledger of a search: what its experiments measured, in one small file beside its study.

The store has the same, but only together with the checkpoints that it was measured on. With its
study and its ledger a search continues on a machine whose store is empty, or after `arena cache
prune`, and trains nothing again that it has measured.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter

from arena.planning.plan import plan_seed
from arena.results.base import SCHEMA_VERSION
from arena.results.rows import Row
from arena.search.evaluators import Evaluated, Evaluators
from arena.search.experiment import OUTSIDE, Experiment, part_of
from arena.store.identity import digest, identify

ROWS = TypeAdapter(tuple[Row, ...])


@dataclass(frozen=True)
class Entry:
    """One finished experiment: a line of the file.

    Attributes:
        experiment: digest of what was asked for. stages: of the stages that answered it, and so of
            their code and data.
    """

    experiment: str
    stages: str
    rows: tuple[Row, ...]

    @property
    def line(self) -> str:
        """Return the line, with a digest of the rows that a damaged line does not match."""
        rows = ROWS.dump_python(self.rows, mode="json", round_trip=True, exclude_defaults=True)
        content = {"rows": rows, "sha256": digest(rows)}
        return json.dumps({**vars(self), **content}, separators=(",", ":"))

    @classmethod
    def read(cls, line: bytes) -> Entry | None:
        """Return the entry in a line; None if the line is torn or damaged."""
        try:
            stored = json.loads(line)
            if stored["sha256"] != digest(stored["rows"]):
                return None
            rows = ROWS.validate_python(stored["rows"])
            return cls(stored["experiment"], stored["stages"], rows)
        except (ValueError, TypeError, KeyError):
            return None


class Ledger:
    """The rows of finished experiments, by experiment. Several processes may write to one file.

    Args:
        file: is made with the first entry. Lines that are torn or damaged are ignored, so that
            their experiments are measured again.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._entries = {each.experiment: each for each in _read(file)}

    def rows(self, experiment: Experiment) -> list[Row] | None:
        """Return what the experiment measured; None if that is not known, or was measured with
        other code or data than there is now."""
        entry = self._entries.get(_asked(experiment))
        # planning takes most of a second, so it is only done where it can save an experiment
        known = entry is not None and entry.stages == _stages(experiment)
        return list(entry.rows) if entry is not None and known else None

    def add(self, experiment: Experiment, rows: Sequence[Row]) -> None:
        """Append a finished experiment to the file."""
        entry = Entry(_asked(experiment), _stages(experiment), tuple(rows))
        self._entries[entry.experiment] = entry
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab", buffering=0) as file:
            # on a line of its own, also after one that a killed process left unfinished
            file.write(f"\n{entry.line}\n".encode())


class Remembering:
    """Evaluators that take what a ledger knows from there, and add what the others measure."""

    def __init__(self, inner: Evaluators, ledger: Ledger) -> None:
        self._inner, self._ledger = inner, ledger
        self._known: deque[Evaluated] = deque()
        self._asked: dict[Hashable, Experiment] = {}

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.__exit__(kind, error, trace)

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        """Queue an experiment, unless the ledger has its rows."""
        rows = self._ledger.rows(experiment)
        if rows is not None:
            self._known.append(Evaluated(key, rows))
            return
        self._asked[key] = experiment
        self._inner.submit(key, experiment)

    def wait(self, timeout: float) -> list[Evaluated]:
        """Return those that ended: at once if the ledger knew any."""
        ended = self._inner.wait(0.0 if self._known else timeout)
        for each in ended:
            experiment = self._asked.pop(each.key, None)
            if experiment is not None and each.rows is not None:
                self._ledger.add(experiment, each.rows)
        known = list(self._known)
        self._known.clear()
        return [*known, *ended]


def _asked(experiment: Experiment) -> str:
    """The digest of what is asked for, which is quick to compute."""
    scenario = experiment.scenario.resolved()
    asked = {
        "scenario": {k: v for k, v in scenario.items() if k not in OUTSIDE},
        "seed": experiment.seed,
        "actor": experiment.actor,
        "scope": experiment.scope,
        "first": experiment.first,
    }
    return digest(asked)


def _stages(experiment: Experiment) -> str:
    """The digest of the stages that the experiment's rows are read from."""
    plan = plan_seed(experiment.scenario, experiment.seed, experiment.root)
    rows = part_of(plan, experiment).rows
    return digest({"version": SCHEMA_VERSION, "rows": identify(rows)})


def _read(file: Path) -> Iterator[Entry]:
    """The entries of a file, as far as they are intact."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return filter(None, map(Entry.read, lines))
