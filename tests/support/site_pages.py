"""Pages of a site of runs, read for their links and tables."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import PurePosixPath

from arena.view.site import Site

LOG = """\
     7.5  plan      64 stages
     7.5  started   clean mix s0  (arena)
     8.1  finished  clean mix s0  0.6 s  [1/64]  about 10 min left
    25.4  started   after:bard s1  (threat:bard, 400 steps)
    25.4  phase     loading torch in 2 processes
    35.5  running   after:bard s1  52/400
    35.6  note      after:<b>
    35.7  started   score s0  (arena)
    35.8  finished  base s0  12.0 s  [2/64]  about 9 min left
"""


class Page(HTMLParser):
    """A page's links, and its tables' data by name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tables: dict[str, dict] = {}
        self._data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        self.links += [had[key] or "" for key in ("href", "src", "action") if key in had]
        self._data = (had.get("id") or "") if had.get("type") == "application/json" else ""

    def handle_data(self, data: str) -> None:
        if self._data:
            self.tables[self._data.removeprefix("data-")] = json.loads(data)
            self._data = ""

    def all_links(self) -> set[str]:
        """Links of the page, and of its tables."""
        lines = [line for table in self.tables.values() for line in table["lines"]]
        inside = [v for line in lines for k, v in line.items() if k.endswith("_href") and v]
        return {link for link in [*self.links, *inside] if not link.startswith("#")}


def page(site: Site, path: str, *asked: tuple[str, str]) -> Page:
    text = site.page(path, asked)
    assert isinstance(text, str), path
    return Page(text)


def target(path: str, link: str) -> str:
    """The path that a link of a page leads to."""
    from posixpath import normpath
    from urllib.parse import unquote

    return normpath(str(PurePosixPath(path).parent / unquote(link.partition("?")[0])))
