"""What a data file holds, as the `files` corpus would read it: its format, labels and lengths."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from arena.corpora.chat import LAYOUTS, read_chat
from arena.corpora.readers import read_alpaca, read_text, read_tsv, text_lines
from arena.corpora.words import count_words
from arena.errors import InputError

Format = Literal["tsv", "alpaca", "chat", "text"]
FORMATS: Mapping[str, Format] = {
    ".tsv": "tsv", ".json": "alpaca", ".jsonl": "chat", ".ndjson": "chat", ".txt": "text",
}  # fmt: skip
MANY_LABELS = 20
PROMPT_WORDS, ANSWER_WORDS = 60, 40  # longer texts are proposed to be left out, or cut
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class DataLook:
    """A data file.

    Attributes:
        labels: raw label -> proposed answer word; empty for free text.
        rows: how many, by label for labelled text (under "" for free text).
        long_prompts, long_answers: rows with more words than is proposed at most.
    """

    path: Path
    format: Format
    rows: Mapping[str, int]
    labels: Mapping[str, str] = field(default_factory=dict)
    long_prompts: int = 0
    long_answers: int = 0

    @property
    def summary(self) -> str:
        """Return in words what the file holds."""
        total = f"{sum(self.rows.values())} rows"
        if not self.labels:
            return f"{total} of the format {self.format}"
        each = ", ".join(f"{label} {count}" for label, count in self.rows.items())
        return f"{total} of the format {self.format}; by label: {each}"


def looked_at(path: Path) -> DataLook:
    """Return what a data file holds.

    Raises:
        InputError: it is missing, malformed, or of a kind that the corpus `files` does not read;
            with the columns that it has.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise _foreign(path)
    if kind == "tsv":
        return _labelled(path)
    if kind == "text":
        return DataLook(path, kind, {"": len(read_text(path))})
    if kind == "chat":
        _refuse_other_objects(path)
        pairs = [(talk.prompt, talk.answer) for talk in read_chat(path)]
    else:
        pairs = read_alpaca(path)
    return DataLook(
        path,
        kind,
        {"": len(pairs)},
        long_prompts=sum(count_words(prompt) > PROMPT_WORDS for prompt, _ in pairs),
        long_answers=sum(count_words(answer) > ANSWER_WORDS for _, answer in pairs),
    )


def _labelled(path: Path) -> DataLook:
    rows = read_tsv(path)
    counts = Counter(label for _, label in rows)
    if len(counts) > MANY_LABELS:
        rule = "the second column has too many different values for class labels; free text goes "
        found = f"{len(counts)} values"
        allowed = (f"at most {MANY_LABELS} labels",)
        raise InputError(
            f"{rule}into a file of chats (.jsonl)", str(path), None, None, found, allowed
        )
    labels = {label: _word(label) for label in sorted(counts)}
    long = sum(count_words(text) > PROMPT_WORDS for text, _ in rows)
    return DataLook(path, "tsv", {k: counts[k] for k in labels}, labels, long_prompts=long)


def _word(label: str) -> str:
    """The proposed answer word of a raw label: a number in words, else the label itself."""
    if not label.isdecimal():
        return label.lower().replace("_", " ")
    return " ".join(DIGITS[int(digit)] for digit in str(int(label)))


def _refuse_other_objects(path: Path) -> None:
    """Tell the columns of JSON Lines that are no chats."""
    first = next((line for line in text_lines(path) if line.strip()), "")
    try:
        row = json.loads(first)
    except ValueError:
        return  # the reader says what is wrong, and where
    if isinstance(row, dict) and not LAYOUTS.keys() & row.keys():
        raise InputError(
            "a line of JSON Lines is a chat, with one of these keys; write prompt and answer as "
            "its user and its assistant turn",
            str(path),
            1,
            found=f"columns {', '.join(map(str, row))}",
            allowed=tuple(LAYOUTS),
        )


def _foreign(path: Path) -> InputError:
    rule = "the corpus `files` does not read this kind of file"
    columns: Sequence[str] = ()
    if path.suffix.lower() == ".csv" and path.is_file():
        columns = next(csv.reader(text_lines(path)[:1]), ())
        rule = f"{rule}: write the text, a tab and the label as a line of a .tsv file"
    found = f"columns {', '.join(columns)}" if columns else path.suffix or path.name
    return InputError(rule, str(path), found=found, allowed=tuple(FORMATS))
