"""Readers of files: tab-separated labels, Alpaca JSON and plain text.

They are independent of splits and answers, so attackers read published data with them too. All
accept UTF-8 (a byte-order mark is skipped) with either line ending, and raise InputError with the
file and, where there is one, the line.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from arena.errors import InputError

T = TypeVar("T")


def read_tsv(path: Path, labels: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Read (text, label) from every line `text<TAB>label`, both stripped of spaces.

    A first line whose label reads `label` is a header and is skipped, as are blank lines. The last
    tab of a line separates, so a text may contain tabs.

    Args:
        labels: the labels that may occur (default: any).

    Raises:
        InputError: no such file, not UTF-8, a line without a tab, an empty text or label, a label
            that is not among `labels`, or no row at all.
    """
    rows = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        text, _tab, label = (part.strip() for part in line.rpartition("\t"))
        if number == 1 and label.lower() == "label":
            continue
        if not text or not label:
            raise InputError(
                "a row is `text<TAB>label`, neither of them empty",
                file=str(path), line=number, found=_shortened(line),
            )  # fmt: skip
        if labels is not None and label not in labels:
            raise InputError(
                "unknown label",
                file=str(path), line=number, found=label, allowed=tuple(labels),
            )  # fmt: skip
        rows.append((text, label))
    return _some(rows, path)


def read_alpaca(path: Path) -> list[tuple[str, str]]:
    """Read (prompt, output) from a JSON list of objects with `instruction`, `input`, `output`.

    The prompt is the instruction and, if the input is not empty, a newline and the input (a missing
    `input` counts as empty). Other keys are ignored; an output may be empty.

    Raises:
        InputError: no such file, not JSON, not a list of objects, a field that is missing or not a
            text, or no row at all.
    """
    try:
        data = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=str(path), line=error.lineno) from error
    if not isinstance(data, list):
        raise InputError(
            "must be a JSON list of objects", file=str(path), found=type(data).__name__
        )
    return _some([_alpaca_row(row, f"[{i}]", path) for i, row in enumerate(data)], path)


def read_text(path: Path) -> list[str]:
    """Read the documents of a text file, with white space folded.

    If the file has a blank line, a document is a paragraph (the lines between blank ones);
    otherwise every line is a document.

    Raises:
        InputError: no such file, not UTF-8, or no text.
    """
    lines = [line.strip() for line in "\n".join(_lines(path)).strip().split("\n")]
    parts = "\n".join(lines).split("\n\n") if "" in lines else lines
    return _some([" ".join(part.split()) for part in parts if part.strip()], path)


def _alpaca_row(row: Any, key: str, path: Path) -> tuple[str, str]:
    if not isinstance(row, dict):
        raise InputError("must be an object", file=str(path), key=key, found=_shortened(str(row)))
    fields = {"input": "", **row}
    for name in ("instruction", "input", "output"):
        if not isinstance(fields.get(name), str):
            value = _shortened(repr(fields[name])) if name in fields else "nothing"
            raise InputError("must be a text", file=str(path), key=f"{key}.{name}", found=value)
    instruction, extra = fields["instruction"].strip(), fields["input"].strip()
    if not instruction:
        raise InputError("must not be empty", file=str(path), key=f"{key}.instruction")
    return (f"{instruction}\n{extra}" if extra else instruction), fields["output"].strip()


def _lines(path: Path) -> list[str]:
    # not str.splitlines, which also breaks rows at rare separators that crawled text contains
    return [line.removesuffix("\r") for line in _text(path).split("\n")]


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError("no such file", file=str(path))
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"not UTF-8: {error.reason}", file=str(path), line=line) from error


def _some(rows: list[T], path: Path) -> list[T]:
    if not rows:
        raise InputError("the file has no rows", file=str(path))
    return rows


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
