"""Untrusted text prepared for one line of a figure or a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LETTER = 0.54  # width of a letter, in font sizes
_ILLEGAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


def clean(text: object) -> str:
    """Return one line of text that XML can hold: control characters become spaces."""
    return _ILLEGAL.sub(" ", str(text))


def room_for(names: Iterable[object], size: float, least: float, most: float) -> float:
    """Return the pixels that the longest name takes at this font size, within two limits; `fit`
    shows it whole in them unless that is more than `most`."""
    longest = max((sum(_widths(clean(name))) for name in names), default=0)
    return min(max(longest * size * LETTER + 1, least), most)


def _widths(line: str) -> list[int]:
    """Of each letter: 2 for a wide one."""
    return [2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line]


def fit(text: object, pixels: float, size: float) -> str:
    """Return the text, truncated with an ellipsis to about `pixels` at this font size."""
    line, room = clean(text), pixels / (size * LETTER)
    widths = _widths(line)
    if sum(widths) <= room:
        return line
    kept, used = "", 1
    for letter, width in zip(line, widths, strict=True):
        if used + width > room:
            break
        kept, used = kept + letter, used + width
    return kept.rstrip() + "…"
