"""A site of runs: from the path of a page to its text, or to a file of a run."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.reporting.build import page_text
from arena.reporting.render import page_environment
from arena.reporting.run_line import line_of
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.view import (
    error_page,
    list_page,
    live_page,
    pair_page,
    run_page,
    said_pages,
    search_page,
)
from arena.view.comparison import LeftOut, comparable, compare_view, why_not
from arena.view.page import View
from arena.view.place import COMPARE, INDEX, Place, places, relative
from arena.view.reading import line_at, results_at, samples_at

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = "assets"
REPORT = "report.html"
PAIR = re.compile(r"pairs/([^/]+)--([^/]+)\.html")
PROMPTS = re.compile(r"models/(-?\d+)/asked\.js")
MODEL = re.compile(r"models/(-?\d+)/([^/]+)\.html")
# What the layout of pages may show.
EMPTY: dict[str, Any] = {
    "title": "Runs", "description": "", "facts": (), "whole_notes": (), "schema_version": None,
    "files": (), "made": (), "figures": {}, "trail": (),
}  # fmt: skip
# What a run's folder gives away, beside its report: nothing else is served.
FILES = re.compile(
    r"report\.html|results\.json|(scenario|best)\.yaml|run\.log|events\.jsonl"
    r"|tables/\w+\.(csv|parquet)|figures/[\w.-]+\.svg"
)


@dataclass(frozen=True)
class Site:
    """The runs of some folders. live: whether it is served, so that pages may ask it more."""

    folders: Sequence[Path]
    live: bool = True

    def places(self) -> list[Place]:
        """Return the runs that are there now, cells of stress runs apart."""
        return places(self.folders)

    def page(self, path: str, asked: Sequence[tuple[str, str]] = ()) -> str | Path | None:
        """Return the text of a page, a file, or None if there is nothing at this path.

        Args:
            asked: keys and values after the path's question mark.
        """
        if path in ("", INDEX):
            lines = [(place, line_at(place)) for place in self.places()]
            return self._filled(list_page.list_view(lines))
        if path == COMPARE:
            names = [value for key, value in asked if key == "run"]
            return self._filled(self._comparison(names))
        if path.startswith(f"{ASSETS}/"):
            return _asset(path)
        place = self._place(path)
        return None if place is None else self._of_run(place, path[len(place.base) :], dict(asked))

    def _comparison(self, names: Sequence[str]) -> View:
        """The runs of these names side by side, in their order; all, without cells, if none is
        named. What cannot be compared is named with the reason, never left out in silence."""
        known = {place.name: place for place in self._all()}
        chosen: list[tuple[Place, Results]] = []
        left_out = []
        for name in names or [place.name for place in self.places()]:
            place = known.get(name)
            results = "there is no such run" if place is None else _compared(place)
            if place is None or isinstance(results, str):
                link = "" if place is None else relative(place.home, COMPARE)
                left_out.append(LeftOut(name, str(results), link))
            else:
                chosen.append((place, results))
        return compare_view(chosen, left_out)

    def _all(self) -> Iterator[Place]:
        for place in self.places():
            yield place
            yield from place.cells()

    def _place(self, path: str) -> Place | None:
        """The run that a path belongs to: a cell before its stress run."""
        within = [place for place in self._all() if path.startswith(place.base)]
        return max(within, key=lambda place: len(place.base), default=None)

    def _of_run(self, place: Place, rest: str, asked: dict[str, str]) -> str | Path | None:
        if FILES.fullmatch(rest):
            return _file(place, rest)
        results = results_at(place)
        if results is None:
            line = line_of(place.folder)
            return self._filled(live_page.live_view(place, line)) if rest in ("", INDEX) else None
        if rest in ("", INDEX):
            return self._filled(run_page.run_view(place, results))
        return self._inside(place, results, rest, asked)

    def _inside(
        self, place: Place, results: Results, rest: str, asked: dict[str, str]
    ) -> str | None:
        if not isinstance(results, RunResults):
            return None
        view: View | None = None
        if named := PROMPTS.fullmatch(rest):
            file, _ = samples_at(place, int(named[1]))
            return None if file is None else said_pages.asked_script(file)
        if PAIR.fullmatch(rest):
            view = _pair(place, results, rest)
        elif MODEL.fullmatch(rest):
            view = _model(place, results, rest)
        elif rest == search_page.PAGE and self.live:
            view = _search(place, results, asked)
        return None if view is None else self._filled(view)

    def missing(self, path: str) -> str:
        """Return the page at a path where there is nothing."""
        return self._filled(error_page.missing_view(path))

    def failed(self, path: str, error: Exception | str) -> str:
        """Return the page in place of one that cannot be made."""
        return self._filled(error_page.failed_view(path, error))

    def paths(self) -> Iterator[str]:
        """Return the paths of all pages and files, for a folder that holds them all."""
        yield from (INDEX, COMPARE)
        yield from (f"{ASSETS}/{name}" for name in ASSET_NAMES)
        for place in self._all():
            results = results_at(place)
            yield place.home
            yield from (place.base + path for path in _files(place, results is not None))
            if isinstance(results, RunResults):
                yield from (place.pair(*names) for names in pair_page.pair_names(results))
                yield from (place.model(row.seed, row.name) for row in results.rows)
                yield from said_pages.sample_paths(place, results)

    def _filled(self, view: View) -> str:
        up = "../" * view.path.count("/")
        values = {**EMPTY, "assets": f"{up}{ASSETS}", "live": self.live, **view.values}
        return _environment().get_template(view.template).render(**values)


ASSET_NAMES = ("view.js", "follow.js", "view.css", "tables.js", "tabulator/tabulator.min.js",
               "tabulator/tabulator_simple.min.css", "tabulator/LICENSE")  # fmt: skip


def _asset(path: str) -> Path | None:
    name = path.removeprefix(f"{ASSETS}/")
    if name not in ASSET_NAMES:
        return None
    # Plain tables are sorted and filtered by the script of reports.
    package, place = (
        ("arena.view", ASSETS) if name != "tables.js" else ("arena.reporting", "templates")
    )
    return Path(str(resources.files(package).joinpath(place, name)))


def _file(place: Place, rest: str) -> str | Path | None:
    """A file of a run's folder; for a report that is missing, its text."""
    file = place.folder / rest
    if rest == REPORT and not file.is_file() and results_at(place) is not None:
        return page_text(place.folder)
    return file if file.is_file() else None


def _files(place: Place, readable: bool) -> list[str]:
    """What is given away of a run's folder; of one with results also the report, which is made if
    it is missing."""
    there = (each for each in place.folder.rglob("*") if each.is_file())
    files = {each.relative_to(place.folder).as_posix() for each in there}
    wanted = {path for path in files if FILES.fullmatch(path)}
    return sorted(wanted | ({REPORT} if readable else set()))


def _pair(place: Place, results: RunResults, rest: str) -> View | None:
    for source, to in pair_page.pair_names(results):
        if place.pair(source, to) == place.base + rest:
            return pair_page.pair_view(place, results, source, to)
    return None


def _model(place: Place, results: RunResults, rest: str) -> View | None:
    row = next((r for r in results.rows if place.model(r.seed, r.name) == place.base + rest), None)
    if row is None:
        return None
    return said_pages.model_view(place, results, row, *samples_at(place, row.seed))


def _search(place: Place, results: RunResults, asked: Mapping[str, str]) -> View | None:
    """The page of a search; None if the run has no samples."""
    samples = [samples_at(place, seed) for seed in results.seeds]
    files = [file for file, _ in samples if file is not None]
    broken = [why for _, why in samples if why]
    if not files and not broken:
        return None
    return search_page.search_view(place, results, files, asked, broken)


def _compared(place: Place) -> Results | str:
    """The results of a run that can be compared, or why it cannot."""
    results = results_at(place)
    if results is not None:
        return results if comparable(results) else why_not(results)
    line = line_of(place.folder)
    return f"broken: {line.why}" if place.finished else f"{line.state}, without results"


@functools.cache
def _environment() -> Environment:
    return page_environment(("arena", "view/templates"))
