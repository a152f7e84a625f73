"""What a search for text means: every word must occur, and a text in double quotes as a whole."""

from __future__ import annotations

import functools
import re

# The same rule as in the script of pages (reporting/templates/tables.js).
PART = re.compile(r'"([^"]*)"?|([^\s"]+)')


@functools.lru_cache(maxsize=16)
def parts_of(query: str) -> tuple[str, ...]:
    """Return the texts that must occur, in lower case; none for an empty query. A quote that is
    not closed reaches to the end."""
    parts = (match[1] if match[2] is None else match[2] for match in PART.finditer(query))
    return tuple(part.casefold() for part in parts if part.strip())


def holds(text: str, query: str) -> bool:
    """Return whether a text has every part of a query, in any case and order."""
    lower = text.casefold()
    return all(part in lower for part in parts_of(query))
