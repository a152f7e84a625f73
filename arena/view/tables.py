"""Tables of pages, as data for the browser's table library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

ColumnKind = Literal["text", "number", "count", "link", "prompt", "choice"]
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
            changed marked.
        wide: whether it takes the room that is left.
    """

    field: str
    title: str
    kind: ColumnKind = "text"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, columns and lines. search: whether it has a field for text in any of its
    columns. choose: whether lines can be chosen, to compare them."""

    name: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    search: bool = True
    choose: bool = False

    @property
    def data(self) -> str:
        """Return it as JSON that can stand in a page: no `<` and `&`, so it ends no element."""
        values: dict[str, Any] = {
            "columns": [asdict(column) for column in self.columns],
            "lines": list(self.lines),
            "search": self.search,
            "choose": self.choose,
        }
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
        return safe.encode("utf-8", "replace").decode()
