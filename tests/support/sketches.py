"""Figures as quick sketches: every shape, text and tip that a figure asks of its `Sheet`, as SVG
without matplotlib, whose rendering is nearly all that a page costs.

The suite draws sketches, so that what a figure shows, and what a page does with it, is tested in
milliseconds; the tests of the rendering itself ask for the fixture `rendered`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from arena.reporting.figures.canvas import Sheet
from arena.reporting.text import clean, fit

SHAPES = ("rect", "text", "line", "path", "area", "dots", "dot")
RENDERING = {name: vars(Sheet)[name] for name in ("__init__", "svg", *SHAPES)}


def _begin(sheet: Any, salt: str, width: float, height: float) -> None:
    sheet.salt, sheet.width, sheet.height = salt, width, height
    sheet._shapes = []


def _shape(name: str) -> Callable[..., None]:
    """A method that notes what it is asked to draw; as strict as its model about arguments."""
    signature = inspect.signature(RENDERING[name])

    def note(sheet: Any, *given: Any, **named: Any) -> None:
        _, *asked = signature.bind(sheet, *given, **named).arguments.items()
        sheet._shapes.append(_element(name, dict(asked), f"{sheet.salt}-{len(sheet._shapes)}"))

    return note


def _element(name: str, asked: Mapping[str, Any], own: str) -> str:
    look = {key: value for key, value in asked.items() if key not in ("text", "tip")}
    said = " ".join(f"{key}={quoteattr(clean(value))}" for key, value in look.items())
    tip = asked.get("tip")
    hint = "" if tip is None else f"<title>{escape(clean(tip))}</title>"
    return f'<g id="{own}">{hint}<{name} {said}>{escape(_line(asked))}</{name}></g>'


def _line(asked: Mapping[str, Any]) -> str:
    text, room = asked.get("text", ""), asked.get("room")
    return clean(text) if room is None else fit(text, room, asked.get("size", 12))


def _svg(sheet: Any, title: str, description: str) -> str:
    salt = sheet.salt
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{sheet.width:g}" '
        f'height="{sheet.height:g}" aria-labelledby="{salt}-title {salt}-desc">'
        f'<title id="{salt}-title">{escape(clean(title))}</title>'
        f'<desc id="{salt}-desc">{escape(clean(description))}</desc>'
        f"{''.join(sheet._shapes)}</svg>"
    )


SKETCHING = {"__init__": _begin, "svg": _svg, **{name: _shape(name) for name in SHAPES}}


@contextmanager
def drawing(methods: Mapping[str, Any]) -> Iterator[None]:
    """Figures are drawn by these methods of `Sheet`: `SKETCHING` or `RENDERING`."""
    with pytest.MonkeyPatch.context() as patched:
        for name, method in methods.items():
            patched.setattr(Sheet, name, method)
        yield
