"""Which runs a site shows, and the paths of their pages.

A page's path is the same in a browser, where a server makes it, and in a folder of files. Links are
relative, so both work with the same text.
"""

from __future__ import annotations

import itertools
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from arena.errors import InputError, no_folder
from arena.results.reader import FILE

SCENARIO = "scenario.yaml"
CELLS = "cells"
INDEX, COMPARE = "index.html", "compare.html"


@dataclass(frozen=True, slots=True)
class Place:
    """A run of a site: its name there (`quickstart`, `depth/cells/350_steps`), and its folder."""

    name: str
    folder: Path

    @property
    def finished(self) -> bool:
        """Return whether it has results."""
        return (self.folder / FILE).is_file()

    @property
    def base(self) -> str:
        """Return the path of its pages, ending in a slash."""
        return f"runs/{self.name}/"

    @property
    def home(self) -> str:
        """Return the path of its first page."""
        return self.base + INDEX

    def pair(self, source: str, to: str) -> str:
        """Return the path of a pair's page."""
        return f"{self.base}pairs/{segment(source)}--{segment(to)}.html"

    def model(self, seed: int, row: str) -> str:
        """Return the path of a model's page."""
        return f"{self.base}models/{seed}/{segment(row)}.html"

    def cells(self) -> list[Place]:
        """Return the runs in it, for a stress run."""
        inside = self.folder / CELLS
        folders = sorted(inside.iterdir()) if inside.is_dir() else []
        return [
            Place(f"{self.name}/{CELLS}/{folder.name}", folder)
            for folder in folders
            if (folder / FILE).is_file()
        ]


def segment(name: str) -> str:
    """Return a name as one segment of a path: of letters that every file system takes."""
    return quote(name.replace("~", "~7E"), safe="~").replace("%", "~")


def relative(path: str, page: str) -> str:
    """Return the link from a page to a path of the site."""
    return quote(posixpath.relpath(path, posixpath.dirname(page) or "."), safe="/~")


def places(folders: Sequence[Path]) -> list[Place]:
    """Return the runs of a site: each folder that is a run, else the runs directly in it.

    Raises:
        InputError: a folder does not exist, or there is no run in it.
    """
    found = [run for folder in folders for run in _runs_of(folder)]
    counts = Counter(folder.resolve().name for folder in found)
    taken, named = set(counts), []
    for folder in found:
        name = folder.resolve().name
        if counts[name] > 1:
            numbered = (f"{name}-{number}" for number in itertools.count(1))
            name = next(each for each in numbered if each not in taken)
            taken.add(name)
        named.append(Place(name, folder))
    return named


def _runs_of(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InputError(no_folder(folder), found=str(folder))
    if _is_run(folder):
        yield folder
        return
    inside = sorted(each for each in folder.iterdir() if each.is_dir() and _is_run(each))
    if not inside:
        raise InputError("no run in this folder: none has results.json or scenario.yaml",
                         found=str(folder))  # fmt: skip
    yield from inside


def _is_run(folder: Path) -> bool:
    return (folder / FILE).is_file() or (folder / SCENARIO).is_file()
