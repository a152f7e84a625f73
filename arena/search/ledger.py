"""The ledger of a search: what its experiments measured, in one small file beside its study.

The store has the same, but only together with the checkpoints that it was measured on. With its
study and its ledger a search continues on a machine whose store is empty, or after `arena cache
prune`, and trains nothing again that it has measured.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from arena.results.rows import Row
from arena.search.evaluators import Evaluated, Evaluators
from arena.search.experiment import OUTSIDE, Experiment, Measured
from arena.store.identity import digest

ROWS = TypeAdapter(tuple[Row, ...])
# keys of a scenario that change no row
CHANGE_NO_ROW = (*OUTSIDE, "name", "thresholds")


@dataclass(frozen=True)
class Entry:
    """One finished experiment: a line of the file. experiment: digest of what was asked for."""

    experiment: str
    measured: Measured

    @property
    def line(self) -> str:
        """Return the line, with a digest of its content, which a damaged line does not match."""
        rows = ROWS.dump_python(
            self.measured.rows, mode="json", round_trip=True, exclude_defaults=True
        )
        content = {"experiment": self.experiment, "stages": self.measured.stages, "rows": rows}
        return json.dumps({**content, "sha256": digest(content)}, separators=(",", ":"))

    @classmethod
    def read(cls, line: bytes) -> Entry | None:
        """Return the entry in a line; None if the line is torn or damaged."""
        try:
            content = json.loads(line)
            if content.pop("sha256") != digest(content):
                return None
            rows = ROWS.validate_python(content["rows"])
            return cls(content["experiment"], Measured(rows, content["stages"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None


class Ledger:
    """The rows of finished experiments, by experiment. Several processes may write to one file.

    Args:
        file: is made with the first entry. Lines that are torn or damaged are ignored, so that
            their experiments are measured again.
        note: called with one line if the file cannot be read or written.
    """

    def __init__(self, file: Path, note: Callable[[str], None]) -> None:
        self._file, self._note = file, note
        self._failed = False
        self._known: dict[str, dict[str, Measured]] = defaultdict(dict)
        for entry in self._entries():
            self._known[entry.experiment].setdefault(entry.measured.stages, entry.measured)

    def known(self, experiment: Experiment) -> tuple[Measured, ...]:
        """Return what was measured in the experiment, by each version of its code and data."""
        return tuple(self._known.get(_asked(experiment), {}).values())

    def add(self, experiment: Experiment, measured: Measured) -> None:
        """Append a finished experiment to the file, unless it is there."""
        entry = Entry(_asked(experiment), measured)
        known = self._known[entry.experiment]
        if measured.stages in known:
            return
        known[measured.stages] = measured
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as file:
                # on a line of its own, also after one that a killed process left unfinished
                file.write(f"\n{entry.line}\n".encode())
        except OSError as error:
            self._tell("written", error)

    def _entries(self) -> Iterator[Entry]:
        """The file's entries, as far as they are intact."""
        lines: list[bytes] = []
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            pass
        except OSError as error:
            self._tell("read", error)
        return filter(None, map(Entry.read, lines))

    def _tell(self, what: str, error: OSError) -> None:
        """Say once that the store's checkpoints are all that the search can continue from."""
        if not self._failed:
            self._failed = True
            cost = "without its artifacts the search could not continue from there"
            self._note(f"{self._file} cannot be {what} ({error.strerror}): {cost}")


class Remembering:
    """Evaluators with a ledger: experiments that it has are not measured, all others are added."""

    def __init__(self, inner: Evaluators, ledger: Ledger) -> None:
        self._inner, self._ledger = inner, ledger
        self._asked: dict[Hashable, tuple[Hashable, Experiment]] = {}
        self._numbers = itertools.count()

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        """Queue an experiment."""
        number = next(self._numbers)  # a caller may use a key twice
        self._asked[number] = key, experiment
        known = self._ledger.known(experiment)
        self._inner.submit(number, dataclasses.replace(experiment, known=known))

    def wait(self, timeout: float) -> list[Evaluated]:
        """Return those that ended, waiting up to `timeout` seconds for the first."""
        return [self._noted(each) for each in self._inner.wait(timeout)]

    def _noted(self, ended: Evaluated) -> Evaluated:
        key, experiment = self._asked.pop(ended.key)
        if ended.measured is not None:
            self._ledger.add(experiment, ended.measured)
        return dataclasses.replace(ended, key=key)


def _asked(experiment: Experiment) -> str:
    """The digest of what is asked for. What else decides the rows, code and data, is in the digest
    of the stages. Defaults are left out, so that a newer version's settings change nothing."""
    scenario = experiment.scenario.model_dump(mode="json", exclude_defaults=True)
    asked = {
        "scenario": {key: value for key, value in scenario.items() if key not in CHANGE_NO_ROW},
        "seed": experiment.seed,
        "actor": experiment.actor,
        "scope": experiment.scope,
        "first": experiment.first,
    }
    return digest(asked)
