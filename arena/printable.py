"""Untrusted text made safe to print: characters that control the terminal are written as escapes.

Scenarios, plug-ins, checkpoints and exceptions contain text from elsewhere. Printed raw, an escape
sequence clears the screen or renames the window, a bidirectional control shows a word backwards,
and half a surrogate pair cannot be written at all.
"""

from __future__ import annotations

import re

# C0 but tab and line break, C1, marks and controls of writing direction, separators of lines and
# paragraphs, the byte-order mark, surrogates.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return the text with an escape (`\\x1b`, `\\u202e`) for each character that controls a
    terminal or cannot be encoded; tabs and line breaks are kept."""
    return _STEERING.sub(_escape, text)


def on_one_line(text: str) -> str:
    """Return the text as `printable` does, with escapes for tabs and line breaks too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
