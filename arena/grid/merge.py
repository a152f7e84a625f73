"""Merge finished parts into one run, using only the records of seeds in their folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arena.arguments import paths
from arena.errors import InputError
from arena.grid.cells import GridCell, cells_of
from arena.grid.parts import Unit, with_seeds
from arena.grid.results import Outcome, stress_results
from arena.grid.run import CELLS
from arena.grid.sources import (
    Source,
    read_scenario,
    read_sources,
    refuse_other_code,
    refuse_strangers,
)
from arena.grid.twice import difference
from arena.progress.display import display
from arena.progress.observer import Note
from arena.reporting.events import FILE as EVENTS
from arena.results.brief import seeds_text
from arena.results.reader import FILE, read_results
from arena.results.run import RunResults
from arena.results.seed_record import PartRecord, SeedRecord
from arena.results.stress import StressResults
from arena.runs.environments import differences
from arena.runs.records import write_part, write_records
from arena.runs.results import results_of
from arena.runs.run import free_folder, make_folder, tell, write_folder
from arena.runs.samples import copy_samples
from arena.scenario.load import dump
from arena.scenario.schema import Scenario


@dataclass(frozen=True)
class Merged:
    """A merged run: its folder, its results as in `results.json`, and the notes printed on the
    way."""

    folder: Path
    results: RunResults | StressResults
    told: tuple[str, ...]


@dataclass(frozen=True)
class _Held:
    """A seed's record, and the folder that it is from."""

    source: Source
    record: SeedRecord


@dataclass
class _Whole:
    """What is merged.

    cells: of the whole grid. held: the records found. missing: pairs that no folder has. told:
    notes for the user that are not part of the results.
    """

    scenario: Scenario
    sources: Sequence[Source]
    cells: tuple[GridCell, ...]
    held: dict[Unit, _Held]
    plugins: Sequence[Path]
    told: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> list[Unit]:
        cells = [cell.id for cell in self.cells if cell.scenario is not None]
        return [(cell, seed) for cell in cells for seed in self.scenario.seeds]

    @property
    def missing(self) -> list[Unit]:
        return [unit for unit in self.wanted if unit not in self.held]

    def of_cell(self, cell: str) -> list[_Held]:
        """Return the records of a cell, in the order of the seeds."""
        units = [(cell, seed) for seed in self.scenario.seeds]
        return [self.held[unit] for unit in units if unit in self.held]


def merge(
    folders: str | Path | Sequence[str | Path],
    *,
    out: str | Path | None = None,
    partial: bool = False,
    plugins: str | Path | Sequence[str | Path] = (),
    quiet: bool = False,
) -> Merged:
    """Merge parts of a stress run, or runs of one scenario with different seeds, into one. The
    results equal those of a single run, except for seconds, environment, and the scenario's runtime
    and plug-ins.

    Nothing is trained; neither the artifact store nor the scenario's data is read.

    Example:
        >>> arena.merge([Path("runs/p1"), Path("runs/p2")], out=Path("runs/all")).results.kind
        'stress'

    Args:
        folders: of the parts, as `arena stress --part`, `arena stress` or `arena run` left them.
        out: the merged run's folder (default: a new one below `runs/`).
        partial: merge what is there where cell-seed pairs are missing; the results'
            notes name them.
        plugins: files with the scenario's own parts, if they are elsewhere on this machine.

    Raises:
        InputError: a folder holds no part, the parts are not of one scenario and one version of the
            code, two have different numbers for one pair, pairs are missing, or `out` is taken.
    """
    with display("merge", quiet) as shown:
        places = [Path(folder) for folder in paths(folders, "folders")]
        parts = paths(plugins, "plugins")
        merged = _merged(places, out, partial, parts, shown.phase)
    for line in () if quiet else merged.told:
        tell(line)
    return merged


def _merged(
    folders: Sequence[Path],
    out: str | Path | None,
    partial: bool,
    plugins: Sequence[str | Path],
    note: Note,
) -> Merged:
    """Do what `merge` does. note: receives lines about what is being done."""
    whole = _read(folders, [Path(plugin) for plugin in plugins], note)
    notes = _missing(whole, partial)
    if out is not None and Path(out).resolve() in {each.folder.resolve() for each in whole.sources}:
        raise InputError("is one of the folders that are merged", key="--out", found=str(out))
    folder = make_folder(free_folder(whole.scenario, out, "-merged"), new=out is None)
    present = {c.id: tuple(h.record.seed for h in whole.of_cell(c.id)) for c in whole.cells}
    first = whole.sources[0].part
    kept = {cell: seeds for cell, seeds in present.items() if seeds}
    write_part(folder, PartRecord(kind=first.kind, scenario=first.scenario, cells=kept))
    results = (_write_run if first.kind == "run" else _write_stress)(whole, folder, notes, note)
    (folder / "run.log").write_text("".join(f"{line}\n" for line in _log(whole)), encoding="utf-8")
    return Merged(folder, results, tuple(whole.told))


def _read(folders: Sequence[Path], plugins: Sequence[Path], note: Note) -> _Whole:
    sources = read_sources(folders, plugins, note)
    refuse_strangers(sources)
    seeds = _union([source.scenario.seeds for source in sources])
    scenario = read_scenario(sources[0].folder, plugins, seeds)
    is_run = sources[0].part.kind == "run"
    cells = (GridCell(scenario.name, {}, scenario),) if is_run else cells_of(scenario)
    whole = _Whole(scenario, sources, cells, {}, plugins)
    note(f"reading the seeds of {len(sources)} folders")
    found = [(source, unit, record) for source in sources for unit, record in source.records()]
    refuse_other_code([(source, record) for source, _, record in found])
    for source, unit, record in found:
        _take(whole, unit, _Held(source, record))
    return whole


def _union(all_seeds: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The seeds of all: in the order of the scenario where that is one, else sorted."""
    if len(set(all_seeds)) == 1:
        return all_seeds[0]
    return tuple(sorted({seed for seeds in all_seeds for seed in seeds}))


def _take(whole: _Whole, unit: Unit, held: _Held) -> None:
    """Keep a record, unless it was already found in another folder.

    Raises:
        InputError: the other folder's record has different numbers.
    """
    before = whole.held.setdefault(unit, held)
    if before is held:
        return
    cell, seed = unit
    places = f"{before.source.folder} and {held.source.folder}"
    what = difference(before.record, held.record)
    if what is not None:
        raise InputError(f"cell {cell}, seed {seed} is in {places} with different content: {what}")
    whole.told.append(
        f"cell {cell}, seed {seed} is in {places}, with the same content: one copy is used"
    )


def _missing(whole: _Whole, partial: bool) -> list[str]:
    """Notes on the pairs that are missing.

    Raises:
        InputError: some are missing and `partial` is not set; or all are missing.
    """
    if not whole.missing:
        return []
    names = "; ".join(_named(whole.missing))
    note = f"{len(whole.missing)} of {len(whole.wanted)} cell-seed pairs are missing"
    reasons = [reason for source in whole.sources for reason in source.failures()]
    if partial and whole.held:
        whole.told.extend(reasons)
        return [f"{note}: {names}"]
    remedy = "--partial merges what is there" if whole.held else "there is nothing to merge"
    raise InputError("; ".join([f"{note}: {names}", *reasons, remedy]))


def _named(units: Sequence[Unit]) -> Iterator[str]:
    for cell in dict.fromkeys(cell for cell, _ in units):
        seeds = [seed for name, seed in units if name == cell]
        yield f"{cell}, seed{'s' if len(seeds) > 1 else ''} {seeds_text(seeds)}"


def _write_run(whole: _Whole, folder: Path, notes: Sequence[str], note: Note) -> RunResults:
    note("merging the seeds, writing the report")
    return _merged_cell(whole, whole.cells[0], folder, notes)[0]


def _write_stress(whole: _Whole, folder: Path, notes: Sequence[str], note: Note) -> StressResults:
    (folder / "scenario.yaml").write_text(dump(whole.scenario), encoding="utf-8")
    outcomes = []
    for number, cell in enumerate(whole.cells, 1):
        note(f"merging cell {number} of {len(whole.cells)}: {cell.id}")
        outcomes.append(_outcome(whole, cell, folder))
    everywhere = [held.record for held in whole.held.values()]
    seconds = sum(_seconds(source.folder) for source in whole.sources)
    said = [*notes, *differences(everywhere)]
    results = stress_results(whole.scenario, outcomes, seconds, said)
    note("writing the report")
    write_folder(folder, results)
    return results


def _outcome(whole: _Whole, cell: GridCell, folder: Path) -> Outcome:
    """Merge a cell from its seeds, into its own run folder."""
    if cell.scenario is None:
        return Outcome(cell, "not_applicable", cell.reason)
    if not whole.of_cell(cell.id):
        return Outcome(cell, "failed", "none of its seeds is in the merged parts")
    lost = [unit for unit in whole.missing if unit[0] == cell.id]
    notes = [f"missing: {name}" for name in _named(lost)]
    results, scenario = _merged_cell(whole, cell, folder / CELLS / cell.id, notes)
    return Outcome(with_seeds(cell, scenario.seeds), "done", None, results, scenario)


def _merged_cell(
    whole: _Whole, cell: GridCell, folder: Path, notes: Sequence[str]
) -> tuple[RunResults, Scenario]:
    """The results of one run over all seeds found, and its scenario, with the numerics settled for
    the first seed."""
    held = whole.of_cell(cell.id)
    records = [each.record for each in held]
    places = list(dict.fromkeys(each.source.run_folder(cell.id) for each in held))
    seeds = [record.seed for record in records]
    scenario = read_scenario(places[0], whole.plugins, seeds)
    make_folder(folder)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
    write_records(folder, records)
    for each in held:
        copy_samples(each.source.run_folder(cell.id), folder, each.record.seed)
    _write_events(folder, places)
    said = [*notes, *differences(records)]
    results = results_of(scenario, records, sum(map(_seconds, places)), said)
    write_folder(folder, results)
    return results.at(folder), scenario


def _seconds(folder: Path) -> float:
    """The seconds of a finished run, from its results; 0 for others."""
    if not (folder / FILE).is_file():
        return 0.0
    seconds = read_results(folder).seconds
    return seconds.total or 0.0


def _write_events(folder: Path, places: Sequence[Path]) -> None:
    """Write the events of all folders, without those of artifacts that an earlier folder has too;
    times count from the start of each part."""
    known: set[str] = set()
    lines: list[str] = []
    for place in places:
        own = [line for line in _lines(place / EVENTS) if _artifact(line) not in known]
        known |= {artifact for line in own if (artifact := _artifact(line))}
        lines += own
    (folder / EVENTS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _artifact(line: str) -> str | None:
    """The artifact that an event made; None for a line that is no event, such as one cut short by a
    crash."""
    try:
        artifact = json.loads(line)["artifact"]
    except (ValueError, KeyError, TypeError):
        return None
    return artifact if isinstance(artifact, str) else None


def _log(whole: _Whole) -> Iterator[str]:
    for source in whole.sources:
        part = f"part {source.part.part} of {source.part.of}"
        yield f"merged  {source.folder} ({part})"
    yield from whole.told
