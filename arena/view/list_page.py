"""The list of all runs."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting.run_line import RUNNING, RunLine
from arena.reporting.text import clean
from arena.results.numbers import finite
from arena.view.page import View
from arena.view.place import INDEX, Place, relative
from arena.view.tables import Column, Line, Table


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
    going = any(line.state == RUNNING for _, line in found)
    values = {"runs": Table("runs", columns, lines, choose=True), "going": going}
    return View(INDEX, "list.html", values)


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
