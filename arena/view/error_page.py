"""The page at a path where there is nothing, or nothing that can be shown."""

from __future__ import annotations

from arena.reporting.text import clean
from arena.view.page import View
from arena.view.place import INDEX


def missing_view(path: str) -> View:
    """Return the page at a path that leads nowhere."""
    return _view(path, "There is no such page", f"Nothing is at {path}. A run may have been moved.")


def failed_view(path: str, error: Exception | str) -> View:
    """Return the page in place of one that cannot be made."""
    return _view(path, "This page cannot be shown", str(error))


def _view(path: str, title: str, text: str) -> View:
    index = "../" * path.count("/") + INDEX
    lines = [clean(line) for line in text.splitlines()]
    values = {"title": title, "lines": lines, "index": index, "trail": [("runs", index)]}
    return View(path, "error.html", values)
