"""Readers of files: tab-separated labels, Alpaca JSON and plain text.

They are independent of splits and answers, so attackers read published data with them too. All
accept UTF-8 (a byte-order mark is skipped) with any line ending. They raise only InputError,
whatever the bytes, with the file and, if known, the line or the key.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from arena.corpora.json_values import Place, kind, object_at, parse, shortened, text_of
from arena.errors import InputError

T = TypeVar("T")
HEADS = ("label", "labels")  # name of the last column in a header line
MARKS = {  # byte-order marks, the longer ones first
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One row of a table, and its line number (from 1)."""

    number: int
    text: str
    label: str


def read_tsv(path: Path, labels: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Read (text, label) from every line `text<TAB>label`, both stripped of spaces.

    A first line whose label reads `label` is a header and is skipped, as are blank lines. The last
    tab of a line separates, so a text may contain tabs.

    Args:
        labels: the labels that may occur (default: any).

    Raises:
        InputError: no such file, not UTF-8, a header of other than two columns, a line without a
            tab, an empty text or label, a label not in `labels`, or no row at all.
    """
    rows = []
    for line in table_lines(path):
        if not line.text or not line.label:
            raise InputError(
                "a row is `text<TAB>label`, with neither part empty",
                file=str(path), line=line.number, found=shortened(line.text or line.label),
            )  # fmt: skip
        if labels is not None and line.label not in labels:
            raise InputError(
                "unknown label",
                file=str(path), line=line.number, found=shortened(line.label),
                allowed=tuple(labels),
            )  # fmt: skip
        rows.append((line.text, line.label))
    return _some(rows, path)


def table_lines(path: Path) -> Iterator[Line]:
    """Yield the rows of a two-column table, without its header; cells may be empty.

    Raises:
        InputError: as `read_tsv`, except for empty cells.
    """
    for number, line in enumerate(text_lines(path), start=1):
        if not line.strip():
            continue
        text, tab, label = line.rpartition("\t")
        if number == 1 and label.strip().lower() in HEADS:
            _refuse_columns(line, path)
            continue
        if not tab:
            rule = "a row is `text<TAB>label`, but this line has no tab"
            raise InputError(rule, str(path), number, found=shortened(line.strip()))
        yield Line(number, text.strip(), label.strip())


def _refuse_columns(header: str, path: Path) -> None:
    """Refuse a header with a third column, which would be read as part of every text."""
    names = [name.strip() for name in header.split("\t")]
    if len(names) != 2:
        rule = "a table must have two columns, the text and its label"
        raise InputError(rule, str(path), 1, found=shortened(", ".join(names)))


def read_columns(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a table whose header line names its columns; return a mapping for each row.

    Raises:
        InputError: no such file, not UTF-8, a column of `needed` is missing, a column occurs twice,
            or a row has not as many cells as the header.
    """
    lines = [(n, line) for n, line in enumerate(text_lines(path), start=1) if line.strip()]
    head = [name.strip() for name in lines[0][1].split("\t")] if lines else []
    for name in needed:
        if name not in head:
            raise InputError("no such column", str(path), 1, found=name, allowed=tuple(head))
    if len(set(head)) < len(head):
        rule = "two columns have the same name"
        raise InputError(rule, str(path), 1, found=shortened(", ".join(head)))
    rows = []
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != len(head):
            rule = f"a row has {len(head)} cells, as the header"
            raise InputError(rule, str(path), number, found=f"{len(cells)} cells")
        rows.append(dict(zip(head, cells, strict=True)))
    return _some(rows, path)


def read_alpaca(path: Path) -> list[tuple[str, str]]:
    """Read (prompt, output) from a JSON list of objects with `instruction`, `input`, `output`.

    The prompt is the instruction and, if the input is not empty, a newline and the input (a missing
    `input` counts as empty). Other keys are ignored; an output may be empty.

    Raises:
        InputError: no such file, not UTF-8, not JSON, not a list of objects, a field that is
            missing, occurs twice, is not a text or holds a lone surrogate, or no row at all.
    """
    data = _json(path)
    if not isinstance(data, list):
        raise InputError("must be a JSON list of objects", file=str(path), found=kind(data))
    return _some([_alpaca_row(row, Place(path, f"[{i}]")) for i, row in enumerate(data)], path)


def read_text(path: Path) -> list[str]:
    """Read the documents of a text file, with white space folded.

    If the file has a blank line, a document is a paragraph (the lines between blank ones);
    otherwise every line is a document.

    Raises:
        InputError: no such file, not UTF-8, or no text.
    """
    lines = [line.strip() for line in "\n".join(text_lines(path)).strip().split("\n")]
    parts = "\n".join(lines).split("\n\n") if "" in lines else lines
    return _some([" ".join(part.split()) for part in parts if part.strip()], path)


def _json(path: Path) -> Any:
    text = _text(path)
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        lines = error.msg == "Extra data" and text.lstrip().startswith("{")
        hint = "; one object per line is JSON Lines: put them into one list" if lines else ""
        raise InputError(
            f"not JSON: {error.msg}{hint}", file=str(path), line=error.lineno
        ) from None
    except RecursionError:
        raise InputError("lists and objects are nested too deeply", file=str(path)) from None


def _alpaca_row(value: Any, place: Place) -> tuple[str, str]:
    row = object_at(value, place)
    instruction = text_of(row, "instruction", place).strip()
    extra = text_of(row, "input", place, default="").strip()
    output = text_of(row, "output", place).strip()
    if not instruction:
        raise place.at("instruction").error("must not be empty")
    return (f"{instruction}\n{extra}" if extra else instruction), output


def text_lines(path: Path) -> list[str]:
    """Return the lines of a file, without their ends.

    Raises:
        InputError: no such file, or not UTF-8.
    """
    # not str.splitlines, which also breaks rows at rare separators that crawled text contains
    text = _text(path)
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _text(path: Path) -> str:
    raw = _bytes(path)
    for mark, name in MARKS.items():
        if raw.startswith(mark):
            raise InputError(_not_utf8(f"{name}, by its first bytes", name, path), file=str(path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        what = f"byte 0x{raw[error.start]:02x}; perhaps Latin-1 or Windows-1252"
        raise InputError(_not_utf8(what, "WINDOWS-1252", path), str(path), line) from None
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise InputError(_not_utf8("a NUL byte; perhaps UTF-16", "UTF-16", path), str(path), line)
    return text


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError("no such file", file=str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from None


def _not_utf8(what: str, encoding: str, path: Path) -> str:
    return f"not UTF-8 ({what}); convert it: iconv -f {encoding} -t UTF-8 {path.name} > NEW"


def _some(rows: list[T], path: Path) -> list[T]:
    if not rows:
        raise InputError("the file has no rows", file=str(path))
    return rows
