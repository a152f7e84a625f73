"""JSON Lines files: examples and documents passed between stages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

from arena.api.values import Document, Example, Form

EXAMPLES, DOCUMENTS = "examples.jsonl", "documents.jsonl"
_EXAMPLE = frozenset(each.name for each in dataclasses.fields(Example))
_DOCUMENT = frozenset(each.name for each in dataclasses.fields(Document))


def write_lines(path: Path, values: Iterable[Example] | Iterable[Document]) -> None:
    """Write one JSON object per line, of the fields that every example or document has. That an
    answer is the only right one is not written, since most are."""
    with path.open("w", encoding="utf-8") as file:
        for value in values:
            known = _DOCUMENT if isinstance(value, Document) else _EXAMPLE
            row = {key: each for key, each in dataclasses.asdict(value).items() if key in known}
            if row.get("checkable"):
                del row["checkable"]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_documents(path: Path) -> list[Document]:
    """Return the documents that `write_lines` wrote."""
    with path.open(encoding="utf-8") as file:
        return [Document(**json.loads(line)) for line in file]


def read_examples(path: Path) -> list[Example]:
    """Return the examples that `write_lines` wrote."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Example(**{**row, "form": Form(**row["form"]) if row["form"] else None}) for row in rows
    ]
