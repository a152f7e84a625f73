"""The line that a terminal shows while the arena's own libraries load."""

from __future__ import annotations

import sys

_CLEARED = "\r\x1b[K"
_shown = False


def announce(text: str) -> None:
    """Show a line on standard error until `clear` is called; nothing if it is no terminal."""
    global _shown
    if sys.stderr is not None and sys.stderr.isatty():
        _shown = True
        sys.stderr.write(f"{_CLEARED}{text}")
        sys.stderr.flush()


def clear() -> None:
    """Remove the line, if it is shown; call this before anything else is written."""
    global _shown
    if _shown:
        _shown = False
        sys.stderr.write(_CLEARED)
        sys.stderr.flush()
