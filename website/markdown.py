"""Markdown of a code host (CommonMark), as Python-Markdown must be given it to read the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

FENCE = re.compile(r"^\s*(```+|~~~+)")
ITEM = re.compile(r"^( *)([-*+]|\d{1,9}[.)])( +)(?=\S)")
TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{3,}")
CODE = re.compile("`[^`]*`")
STEP = 4  # spaces by which Python-Markdown nests


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Return the text with every line outside fenced code changed."""
    return "\n".join(line if fenced else change(line) for line, fenced in _lines(text))


def for_python_markdown(text: str) -> str:
    """Return the text with a blank line before each list and table, nested lists indented by four
    spaces, and no backslash before a pipe in the code of a table."""
    return outside_fences("\n".join(_Lists().lines(text)), _bare_pipes)


def _bare_pipes(line: str) -> str:
    if not line.startswith("|"):
        return line
    return CODE.sub(lambda code: code[0].replace("\\|", "|"), line)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it belongs to fenced code."""
    fence = ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and line.strip() == found[1]:
                fence = ""
        elif found:
            fence = found[1]
            yield line, True
        else:
            yield line, False


class _Lists:
    """The open list items, by the column at which their text begins."""

    def __init__(self) -> None:
        self._columns: list[int] = []
        self._before = ""  # the line before
        self._inside = False  # whether that was in fenced code
        self._apart = False  # whether it belongs to a paragraph that follows a blank line

    def lines(self, text: str) -> Iterator[str]:
        following = [*text.split("\n")[1:], ""]
        for (line, fenced), after in zip(_lines(text), following, strict=True):
            if line.strip():
                yield from self._line(line, fenced, after)
            else:
                yield ""
            self._before, self._inside = line, fenced

    def _line(self, line: str, fenced: bool, after: str) -> Iterator[str]:
        item = None if fenced else self._item(line)
        in_list = bool(self._columns)
        if not (fenced and self._inside):
            self._close(line, may_go_on=item is None and not fenced)
        joined = in_list and not self._apart
        if self._before.strip() and not fenced and _opens(line, item, joined, self._before, after):
            yield ""
        yield self._shifted(line)
        self._apart = item is None and (self._apart or not self._before.strip())
        if item is not None:
            self._columns.append(len(item[0]))

    def _item(self, line: str) -> re.Match[str] | None:
        """Return the marker of a list item; a wrapped line that begins with a number is none."""
        item = ITEM.match(line)
        wrapped = self._before.strip() and not self._columns
        return None if item and wrapped and item[2][0] not in "-*+1" else item

    def _close(self, line: str, may_go_on: bool) -> None:
        """Leave the items that a line is not part of; a line of text right below another continues
        its paragraph wherever it begins."""
        if may_go_on and self._before.strip() and not line.startswith("#"):
            return
        while self._columns and _indent(line) < self._columns[-1]:
            self._columns.pop()

    def _shifted(self, line: str) -> str:
        if not self._columns:
            return line
        beyond = max(_indent(line) - self._columns[-1], 0)
        return " " * (STEP * len(self._columns) + beyond) + line.lstrip(" ")


def _opens(line: str, item: object, joined: bool, before: str, after: str) -> bool:
    """Whether a line begins a list or a table right below other text. joined: whether that text is
    the item before."""
    if item is not None:
        return not joined
    return "|" in line and bool(TABLE_RULE.match(after)) and "|" not in before


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
