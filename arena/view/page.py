"""A page of a site, and what all pages of a run have at their top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arena.view.place import INDEX, Place, relative


@dataclass(frozen=True, slots=True)
class View:
    """A page: its path, the template that makes it, and what that shows."""

    path: str
    template: str
    values: dict[str, Any]


def top(place: Place, page: str) -> dict[str, Any]:
    """Return what a page of a run has at its top: its name, and the way up."""
    parts = place.name.split("/")
    trail = [("runs", relative(INDEX, page))]
    if len(parts) > 1:
        trail.append((parts[0], relative(f"runs/{parts[0]}/{INDEX}", page)))
    if page != place.home:
        trail.append((parts[-1], relative(place.home, page)))
    return {"name": parts[-1], "trail": trail, "report": relative(f"{place.base}report.html", page)}
