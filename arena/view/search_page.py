"""The page of a search over everything that the models of a run said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena.results.run import RunResults
from arena.results.sample_files import SampleFile
from arena.results.samples import Choice
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.said_pages import SAMPLE_COLUMNS, asked_cells, said_cells
from arena.view.tables import Cell, Column, Line, Table

PAGE = "search.html"
MOST = 500  # samples that are shown
COLUMNS = (Column("model", "model", "link"), Column("seed", "seed", "choice"), *SAMPLE_COLUMNS)


def search_view(
    place: Place, results: RunResults, files: Sequence[SampleFile], text: str, broken: Sequence[str]
) -> View:
    """Return the page of all samples of a run with a text in them, the first `MOST` of them.

    Args:
        files: of every seed that has samples. broken: what is wrong with those of other seeds.
    """
    page = place.base + PAGE
    lines = list(_found(place, results, files, text))
    table = Table("samples", COLUMNS, lines[:MOST])
    values = {
        **top(place, page), "text": text, "found": table, "number": len(lines), "broken": broken
    }  # fmt: skip
    return View(page, "search.html", values)


def _found(
    place: Place, results: RunResults, files: Sequence[SampleFile], text: str
) -> Iterator[Line]:
    """A line per sample, by seed and model."""
    wanted, rows = Choice(search=text), {(row.seed, row.name): row for row in results.rows}
    for file in files:
        for at, name in enumerate(file.models):
            row = rows.get((file.seed, name))
            if row is None:
                continue
            link = relative(place.model(row.seed, row.name), place.base + PAGE)
            own: dict[str, Cell] = {"model": row.title, "model_href": link, "seed": row.seed}
            for asked, said in file.prompts:
                saying = said[at]
                if saying is not None and wanted.wants(asked, saying):
                    yield {**asked_cells(asked), **said_cells(saying), **own}
