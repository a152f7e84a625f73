"""The folders that a merge reads: what each holds, and whether they belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.errors import InputError
from arena.grid.parts import Unit
from arena.grid.run import CELLS
from arena.progress.observer import Note, silent
from arena.results.reader import FILE, read_results
from arena.results.run import RunResults
from arena.results.seed_record import PartRecord, SeedRecord
from arena.results.stress import StressResults
from arena.runs.records import BESIDE, read_part, read_record
from arena.scenario.load import read
from arena.scenario.schema import Scenario


@dataclass(frozen=True)
class Source:
    """A run, a stress run or a part of one that is merged.

    Attributes:
        scenario: as requested; for a run, with its numerics settled.
        results: None where it has not ended.
    """

    folder: Path
    part: PartRecord
    scenario: Scenario
    results: RunResults | StressResults | None

    def run_folder(self, cell: str) -> Path:
        """Return the folder of a cell's own run."""
        return self.folder if self.part.kind == "run" else self.folder / CELLS / cell

    def records(self) -> Iterator[tuple[Unit, SeedRecord]]:
        """Return every record found, by cell and seed.

        Raises:
            InputError: a record is broken, or is of another scenario.
        """
        for cell, seeds in self.part.cells.items():
            for seed in seeds:
                record = read_record(self.run_folder(cell), seed)
                if record is None:
                    continue
                if record.scenario != self.part.scenario:
                    rule = f"seed {seed} comes from another scenario: run this part again"
                    raise InputError(rule, str(self.run_folder(cell)))
                yield (cell, seed), record

    def failures(self) -> Iterator[str]:
        """Return in words why pairs may be missing."""
        if self.results is None:
            yield f"{self.folder} is not finished: the same command continues it"
        if isinstance(self.results, StressResults):
            for cell in self.results.cells:
                if cell.status == "failed":
                    yield f"cell {cell.id} failed in {self.folder}: {cell.reason}"


def read_sources(
    folders: Sequence[Path], plugins: Sequence[Path] = (), note: Note = silent
) -> list[Source]:
    """Return the run, stress run or part in each folder.

    Args:
        plugins: files with a scenario's own parts, replacing the paths recorded in the folders.
        note: receives lines about what is being done.

    Raises:
        InputError: no folder is given, or one holds nothing that can be merged.
    """
    if not folders:
        raise InputError("nothing to merge: give the folders of finished parts", "arena merge")
    sources = []
    for number, folder in enumerate(folders, 1):
        note(f"reading {number} of {len(folders)}: {folder}")
        sources.append(_source(folder, plugins))
    return sources


def _source(folder: Path, plugins: Sequence[Path]) -> Source:
    part = read_part(folder)
    results = read_results(folder) if (folder / FILE).is_file() else None
    if not isinstance(results, RunResults | StressResults | None):
        raise InputError(
            f"is a {results.kind}: only runs and stress runs can be merged", str(folder)
        )
    return Source(folder, part, read_scenario(folder, plugins), results)


def read_scenario(
    folder: Path, plugins: Sequence[Path] = (), seeds: Sequence[int] | None = None
) -> Scenario:
    """Return the scenario in a run's folder, with `seeds` in place of its own if given.

    Raises:
        InputError: it is missing or wrong.
    """
    instead = ["plugins=[]"] if plugins else []
    file = folder / "scenario.yaml"
    return read(file, overrides=instead, seeds=seeds, plugins=plugins).scenario


def refuse_strangers(sources: Sequence[Source]) -> None:
    """Raise InputError unless all hold the same kind of results of one scenario."""
    first, *others = sources
    for other in others:
        if other.part.kind != first.part.kind:
            rule = f"a {other.part.kind} and a {first.part.kind} cannot be merged"
            raise InputError(f"{rule} ({first.folder} is the other)", str(other.folder))
        if other.part.scenario != first.part.scenario:
            keys = ", ".join(_differing(first.scenario, other.scenario)) or "values that are auto"
            rule = f"is of another scenario than {first.folder}: they differ in {keys}"
            raise InputError(rule, str(other.folder))


def refuse_other_code(found: Sequence[tuple[Source, SeedRecord]]) -> None:
    """Raise InputError unless all seeds were made by the same code."""
    known: dict[str, tuple[str, Source]] = {}
    for source, record in found:
        for name, code in record.code.items():
            before, where = known.setdefault(name, (code, source))
            if before != code:
                rule = f"made by another version of the code than {where.folder}: {name} differs"
                more = "parts need the same arena, plug-ins and minor version of Python"
                raise InputError(f"{rule}; {more}", str(source.folder))


def _differing(one: Scenario, other: Scenario) -> Iterator[str]:
    """The keys in which two scenarios differ, as dotted paths."""
    first, second = one.resolved(), other.resolved()
    for key in first:
        if key not in BESIDE:
            yield from _paths(first[key], second.get(key), key)


def _paths(one: object, other: object, path: str) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for key in one:
            yield from _paths(one[key], other[key], f"{path}.{key}")
    elif one != other:
        yield path
