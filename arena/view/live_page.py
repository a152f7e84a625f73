"""The page of a run that has no results to show: its state, how far it is, and its log."""

from __future__ import annotations

from arena.reporting.beside import beside
from arena.reporting.run_line import BROKEN, LOG, RUNNING, RunLine
from arena.reporting.text import clean
from arena.results.brief import counted_seeds
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.progress import finished_seeds, progress_in

LOG_LINES = 40  # that are shown


def live_view(place: Place, line: RunLine) -> View:
    """Return the page of a run without results, or with broken ones."""
    page, log = place.home, _log(place)
    values = {
        **top(place, page),
        **beside(place.folder).values,
        "description": line.description,
        "facts": [(key, value) for key, value in _facts(line) if value],
        "state": line.state,
        "going": line.state == RUNNING,
        "broken": line.state == BROKEN,
        "why": clean(line.why),
        "resume": line.resume,
        "progress": progress_in(log),
        "seeds": counted_seeds(finished_seeds(place.folder)),
        "cells": [(each.folder.name, relative(each.home, page)) for each in place.cells()],
        "log": log[-LOG_LINES:],
    }
    return View(page, "live.html", values)


def _log(place: Place) -> list[str]:
    file = place.folder / LOG
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    return [clean(each) for each in text.splitlines()]


def _facts(line: RunLine) -> list[tuple[str, str]]:
    return [("kind", line.kind), ("seeds", "" if line.seeds is None else str(line.seeds))]
