"""The list of all runs, and the page of a run that has no results to show."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting.beside import beside
from arena.reporting.numbers import finite
from arena.reporting.run_line import BROKEN, RunLine
from arena.reporting.text import clean
from arena.view.page import View, top
from arena.view.place import INDEX, Place, relative
from arena.view.tables import Column, Line, Table

LOG_LINES = 40  # of a running run that are shown


def list_view(found: Sequence[tuple[Place, RunLine]]) -> View:
    """Return the list of all runs."""
    columns = (
        Column("name", "run", "link"),
        Column("changed", "finished or changed"),
        Column("kind", "kind", "choice"),
        Column("state", "state", "choice"),
        Column("seeds", "seeds", "count"),
        Column("verdict", "verdict", "choice"),
        Column("least", "T at least", "number"),
        Column("most", "T at most", "number"),
    )
    lines = [_run_line(place, line) for place, line in found]
    return View(INDEX, "list.html", {"runs": Table("runs", columns, lines, choose=True)})


def _run_line(place: Place, line: RunLine) -> Line:
    least, most = line.claims
    return {
        "name": place.name,
        "name_href": relative(place.home, INDEX),
        "changed": f"{line.changed:%Y-%m-%d %H:%M}",
        "kind": line.kind,
        "state": line.state or "finished",
        "state_note": clean(line.why),
        "seeds": line.seeds,
        "verdict": line.verdict,
        "least": None if least is None else finite(least.transfer.value),
        "most": None if most is None else finite(most.transfer.value),
        "chosen_as": place.name if least or most else None,
    }


def live_view(place: Place, line: RunLine) -> View:
    """Return the page of a run without results, or with broken ones: its state, why, and the end of
    its log."""
    log = place.folder / "run.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    values = {
        **top(place, place.home),
        **beside(place.folder).values,
        "description": line.description,
        "facts": [(key, value) for key, value in _facts(line) if value],
        "state": line.state,
        "broken": line.state == BROKEN,
        "why": clean(line.why),
        "resume": line.resume,
        "log": [clean(each) for each in text.splitlines()[-LOG_LINES:]],
    }
    return View(place.home, "live.html", values)


def _facts(line: RunLine) -> list[tuple[str, str]]:
    return [("kind", line.kind), ("seeds", "" if line.seeds is None else str(line.seeds))]
