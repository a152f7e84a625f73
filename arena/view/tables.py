"""Tables of pages, as data for the browser's table library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

ColumnKind = Literal["text", "number", "count", "link", "prompt", "choice", "sample"]
Cell = str | int | float | bool | None | Sequence[tuple[str, bool]]
Line = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        field: the key of its values. title: its heading.
        kind: `text` and `link` can be searched, `choice` is filtered by one of its values, `number`
            and `count` are aligned right, the first with two decimals. A `link` leads to the value
            of `FIELD_href`; a `prompt` is shown by the runs of `FIELD_runs`, those that the trigger
            changed marked; a `sample` is the number of a line and a link to it. What `FIELD_note`
            says stands below a text or a number.
        wide: whether it takes the room that is left.
    """

    field: str
    title: str
    kind: ColumnKind = "text"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        search: whether it has a field for text in any of its columns.
        choose: whether lines can be chosen, to compare them: those with a name `chosen_as`.
        joined: a variable of the page; each line is joined with its element number `at`.
    """

    name: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    search: bool = True
    choose: bool = False
    joined: str = ""

    @property
    def data(self) -> str:
        """Return it as JSON for its page."""
        return as_data(
            {
                "columns": [asdict(column) for column in self.columns],
                "lines": list(self.lines),
                "search": self.search,
                "choose": self.choose,
                "joined": self.joined,
            }
        )


def as_data(value: Any) -> str:
    """Return a value as JSON that can stand in a page or a script: without `<`, `>` and `&` it ends
    no element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    # Line separators end a line in older scripts, though not in JSON.
    safe = safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return safe.encode("utf-8", "replace").decode()
