"""The page of a search over everything that the models of a run said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from arena.results.query import parts_of
from arena.results.run import RunResults
from arena.results.sample_files import SampleFile
from arena.results.samples import Choice
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.said_pages import SAMPLE_COLUMNS, asked_cells, said_cells
from arena.view.tables import Cell, Column, Line, Table

PAGE = "search.html"
MOST = 500  # samples that are shown, unless more are asked for
COLUMNS = (Column("model", "model", "link"), Column("seed", "seed", "choice"), *SAMPLE_COLUMNS)


def search_view(
    place: Place,
    results: RunResults,
    files: Sequence[SampleFile],
    asked: Mapping[str, str],
    broken: Sequence[str],
) -> View:
    """Return the page of the samples of a run that hold a query; without a query, of none.

    Args:
        files: of every seed that has samples. broken: what is wrong with those of other seeds.
        asked: `text`, the query; `most`, how many samples are shown.
    """
    page, text = place.base + PAGE, asked.get("text", "").strip()
    sought = bool(parts_of(text))
    lines = list(_found(place, results, files, text)) if sought else []
    most = _most(asked.get("most", ""))
    values = {
        **top(place, page),
        "text": text,
        "found": Table("samples", COLUMNS, lines[:most]) if sought else None,
        "number": len(lines),
        "more": urlencode({"text": text, "most": most + MOST}) if len(lines) > most else "",
        "most": most + MOST,
        "broken": broken,
    }
    return View(page, "search.html", values)


def _most(asked: str) -> int:
    """How many samples are shown."""
    return max(MOST, int(asked)) if re.fullmatch("[0-9]{1,9}", asked) else MOST


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
            for number, (asked, said) in enumerate(file.prompts):
                saying = said[at]
                if saying is not None and wanted.wants(asked, saying):
                    yield {"at": number, **asked_cells(asked), **said_cells(saying), **own}
