"""The HTML report: one self-contained page, and its figures as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from arena.progress.observer import Note, silent
from arena.reporting import duel, run_page, stress, tune
from arena.reporting.beside import NOTHING, Beside, beside
from arena.reporting.events import read_events
from arena.reporting.figures.canvas import Drawing, on_paper
from arena.reporting.said import first_samples
from arena.results.duel import DuelResults
from arena.results.reader import Results, read_results
from arena.results.stress import StressResults
from arena.results.tune import TuneResults


def write_report(run_folder: Path, note: Note = silent) -> Path:
    """Write `report.html` and `figures/*.svg` from `results.json` (and `events.jsonl`).

    Args:
        run_folder: the folder of a finished run, of a stress run with its cells, of a
            tuned attacker or of a duel.
        note: receives lines about what is being done.

    Returns:
        The path of the page.

    Raises:
        InputError: results.json is missing, or does not hold results.
    """
    html, drawn = _drawn(run_folder, note, replace(beside(run_folder), drawn=True))
    note("writing the page")
    return _write(run_folder, html, drawn)


def write_figures(run_folder: Path, folder: Path, note: Note = silent) -> list[Path]:
    """Write the figures of a finished run or search into a folder, as PDF; return the files.

    Raises:
        InputError: as `write_report`.
    """
    _, drawn = _drawn(run_folder, note)
    note("writing the figures")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, drawing in drawn.items():
        if isinstance(drawing, Drawing):
            written.append(folder / f"{name}.pdf")
            written[-1].write_bytes(drawing.pdf())
    return written


def _drawn(run_folder: Path, note: Note, near: Beside = NOTHING) -> tuple[str, dict[str, str]]:
    note("reading the results")
    results = read_results(run_folder)
    note("drawing the figures")
    return _page(run_folder, results, near)


def page_text(run_folder: Path) -> str:
    """Return the page of a finished run and write nothing.

    Raises:
        InputError: as `write_report`.
    """
    return _page(run_folder, read_results(run_folder), beside(run_folder))[0]


def page_alone(run_folder: Path) -> str:
    """Return the page of a finished run as it is without its folder: it links to no file.

    Raises:
        InputError: as `write_report`.
    """
    return _page(run_folder, read_results(run_folder))[0]


def _page(run_folder: Path, results: Results, near: Beside = NOTHING) -> tuple[str, dict[str, str]]:
    if isinstance(results, StressResults):
        return stress.page(run_folder, results, near)
    if isinstance(results, TuneResults):
        return tune.page(results, near)
    if isinstance(results, DuelResults):
        return duel.page(results, near)
    samples = first_samples(run_folder, results.seeds)
    return run_page.page(results, read_events(run_folder), near, samples)


def _write(run_folder: Path, html: str, drawn: Mapping[str, str]) -> Path:
    folder = run_folder / "figures"
    folder.mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(on_paper(svg) + "\n", encoding="utf-8")
    page = run_folder / "report.html"
    # JSON can carry lone surrogates, UTF-8 cannot: they become question marks.
    page.write_text(html, encoding="utf-8", errors="replace")
    return page
