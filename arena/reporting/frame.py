"""What every page has in the same form, added to the finished text of its main part: ids of its
headings, the contents, names of its tables, and scroll boxes that the keyboard reaches.

It is done here and not in the templates, so that the sections of plug-ins have it too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from operator import itemgetter
from typing import NamedTuple

HEADINGS = ("h2", "h3")
ANCHOR = '<a class="anchor" href="#{}" aria-label="Link to this section"></a>'
_NAME = re.compile(r"[^\w]+")

Attributes = list[tuple[str, str | None]]


class Entry(NamedTuple):
    """A section in the contents: the id of its heading, and its text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Framed:
    """The main part of a page, and its contents in order."""

    body: str
    contents: tuple[Entry, ...]


def framed(body: str) -> Framed:
    """Return the main part with

    - an id and a link at each section's heading (`h2`); those that are not folded away are the
      contents;
    - a name for every scroll box and table, that of the heading above it;
    - `scope` for the column heads of tables.

    What is there already is kept.

    Args:
        body: HTML text of a finished template, its untrusted text escaped.
    """
    frame = _Frame(body)
    frame.feed(body)
    frame.close()
    return Framed(_inserted(body, frame.insertions), tuple(frame.contents))


def _inserted(text: str, insertions: Iterable[tuple[int, str]]) -> str:
    """The text with each insertion at its place, a position in the text as it was."""
    pieces, done = [], 0
    for place, added in sorted(insertions, key=itemgetter(0)):
        pieces += [text[done:place], added]
        done = place
    return "".join([*pieces, text[done:]])


class _Frame(HTMLParser):
    """Reads HTML and collects what is to be inserted into it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.insertions: list[tuple[int, str]] = []
        self.contents: list[Entry] = []
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._used: Counter[str] = Counter()  # ids and names
        self._heading: list[str] | None = None  # the text of the open heading
        self._above = ""  # the text of the last heading
        self._in_head = False
        self._folded = 0  # depth of `details`

    def _here(self) -> int:
        """The position of the tag that is being read."""
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        end = self._here() + len(self.get_starttag_text() or "")
        if tag in HEADINGS:
            self._heading, self._start, self._named_here = [], end - 1, "id" in dict(attrs)
        self._in_head = tag == "thead" or (self._in_head and tag != "tbody")
        self._folded += tag == "details"
        if added := self._attributes(tag, dict(attrs)):
            self.insertions.append((end - 1, added))
        if tag == "table" and self._above:
            self.insertions.append((end, f"<caption>{escape(self._name())}</caption>"))

    def _attributes(self, tag: str, had: Mapping[str, str | None]) -> str:
        if tag == "th" and self._in_head and "scope" not in had:
            return ' scope="colgroup"' if "colspan" in had else ' scope="col"'
        if tag == "div" and had.get("class") == "scroll" and "tabindex" not in had:
            return f' tabindex="0" role="region" aria-label="{escape(self._name("scrolls"))}"'
        return ""

    def _name(self, kind: str = "") -> str:
        """The heading above, with the number of the thing below it from the second on."""
        return self._distinct(", ".join(filter(None, (self._above, kind))), "{} ({})")

    def _distinct(self, name: str, numbered: str) -> str:
        self._used[name] += 1
        return name if self._used[name] == 1 else numbered.format(name, self._used[name])

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self._heading.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "thead"
        self._folded -= tag == "details"
        if tag in HEADINGS and self._heading is not None:
            self._above, self._heading = " ".join("".join(self._heading).split()), None
            if tag == "h2" and self._above and not self._named_here:
                self._enter(self._above)

    def _enter(self, text: str) -> None:
        name = self._distinct(_NAME.sub("-", text.lower()).strip("-") or "section", "{}-{}")
        if not self._folded:
            self.contents.append(Entry(name, text))
        self.insertions.append((self._start, f' id="{name}"'))
        self.insertions.append((self._here(), ANCHOR.format(name)))
