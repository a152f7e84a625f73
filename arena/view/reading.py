"""What the folders of runs hold, kept between requests until it changes."""

from __future__ import annotations

import functools
from pathlib import Path

from arena.errors import InputError
from arena.reporting.run_line import RunLine, line_of
from arena.results.reader import FILE, Results, read_results
from arena.results.sample_files import SampleFile
from arena.results.samples import place_of, samples_of
from arena.view.place import Place


def samples_at(place: Place, seed: int) -> tuple[SampleFile | None, str]:
    """Return the samples of a seed, None if it has none; and what is wrong with their file, empty
    if nothing is."""
    file = place_of(place.folder, seed)
    if not file.is_file():
        return None, ""
    try:
        return _read_samples(place.folder, seed, file.stat().st_mtime_ns), ""
    except InputError as error:
        return None, f"{file.relative_to(place.folder).as_posix()} is {error.message}"


@functools.lru_cache(maxsize=8)
def _read_samples(folder: Path, seed: int, changed: int) -> SampleFile:
    return samples_of(folder, seed)


def line_at(place: Place) -> RunLine:
    """Return the line of a run. Those with results are kept, since a list asks for all of them
    while any run goes on."""
    if not place.finished:
        return line_of(place.folder)
    return _finished_line(place.folder, (place.folder / FILE).stat().st_mtime_ns)


@functools.lru_cache(maxsize=512)
def _finished_line(folder: Path, changed: int) -> RunLine:
    return line_of(folder)


def results_at(place: Place) -> Results | None:
    """Return the results of a run; None if it has none, or broken ones."""
    try:
        return _read(place.folder, (place.folder / FILE).stat().st_mtime_ns)
    except (OSError, InputError):
        return None


@functools.lru_cache(maxsize=32)
def _read(folder: Path, changed: int) -> Results:
    return read_results(folder)
