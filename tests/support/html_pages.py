"""What tests of pages and figures share: a parser, hostile text, and results full of nulls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from xml.dom import minidom

from arena.reporting.render import own_script

EVIL = '<script>alert("x")</script>'
ODD = (
    "$x^2$",
    "a\x00b",
    "\ud800",
    "n" * 300,
    "$",
    "]]>",
    "--",
    "名前",
    "",
)  # names that stay names
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Collects tags, ids and attribute values; notes tags left open or closed twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["script"]:
            self.texts.append(data)


def foreign(html: str) -> str:
    """A page without its own script, which is there once, and the hash that allows it: any other
    script is none of ours."""
    script, hashed = own_script()
    own = f"<script>{script}</script>"
    assert html.count(own) == 1
    return html.replace(own, "").replace(hashed, "")


def text_of(html: str) -> str:
    """All text of a page, with single spaces."""
    return " ".join(" ".join(Page(html).texts).split())


def svg_texts(svg: str) -> list[str]:
    """The texts that a figure shows."""
    nodes: list[Any] = minidom.parseString(svg).getElementsByTagName("text")
    return [node.firstChild.data for node in nodes]


def nulled(thing: Any) -> Any:
    """The same shape with null for every number."""
    if isinstance(thing, dict):
        return {key: nulled(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [nulled(value) for value in thing]
    return None if isinstance(thing, float | int) else thing
