"""Untrusted text prepared for one line of a figure or a terminal."""

from __future__ import annotations

import re
import unicodedata

_ILLEGAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


def clean(text: object) -> str:
    """Return one line of text that XML can hold: control characters become spaces."""
    return _ILLEGAL.sub(" ", str(text))


def fit(text: object, pixels: float, size: float) -> str:
    """Return the text, truncated with an ellipsis to about `pixels` at this font size."""
    line, room = clean(text), pixels / (size * 0.54)
    widths = [2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line]
    if sum(widths) <= room:
        return line
    kept, used = "", 1
    for letter, width in zip(line, widths, strict=True):
        if used + width > room:
            break
        kept, used = kept + letter, used + width
    return kept.rstrip() + "…"
