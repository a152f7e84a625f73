"""Tables of published paraphrases, by the content of the clean sentence.

Two line-aligned files, tab-separated `sentence<TAB>label`, as Hidden Killer (SCPN) and
StyleAttack (STRAP) ship them. The alignment is checked: with paraphrases aligned to the wrong
sentences, one sentence's triggered copy would end up in another split or with another actor.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from arena.api import DataRoot, InputError, Params
from arena.corpora.readers import read_tsv
from arena.corpora.sources import content_id, normalise_prompt

Pair = tuple[str, str]
RELATED = 0.15  # a pair that shares fewer words (of the shorter text) looks unrelated
UNRELATED_SHARE = 0.15  # right alignments of the published files have 0.01 to 0.04
CHECKED_FROM = 20  # pairs; fewer are no evidence


class Paraphrases(Params):
    """One file of paraphrases and the file of the sentences they were made from."""

    file: str = Field(description="tsv of paraphrases, aligned line by line with the sources")
    source: str = Field(description="tsv of the clean sentences")
    source_label: str | None = Field(
        None, description='keep only source rows with this raw label before aligning, e.g. "0"'
    )
    source_offset: int = Field(
        0,
        description="the sentence is this many rows below the kept row; -1 for SCPN's "
        "SST-2 dev file, whose labels were off by one row when it was made",
    )


@dataclass(frozen=True)
class Table:
    """Paraphrases by `content_id` of their sentence, and the `content_id`s of all paraphrases."""

    by_source: Mapping[str, tuple[str, ...]]
    contents: frozenset[str]

    def holds(self, text: str) -> bool:
        """Whether the text is one of the paraphrases."""
        return content_id(text) in self.contents


def table(root: DataRoot, parts: Sequence[Paraphrases]) -> Table:
    """Return the table of several pairs of files, read once per process.

    Raises:
        InputError: a file is missing or malformed, or a pair is not aligned line by line.
    """
    return _table(root, tuple(parts))


@functools.lru_cache(maxsize=16)
def _table(root: DataRoot, parts: tuple[Paraphrases, ...]) -> Table:
    paraphrases: dict[str, list[str]] = {}
    for part in parts:
        for paraphrase, sentence in _pairs(root.find(part.file), root.find(part.source), part):
            versions = paraphrases.setdefault(content_id(sentence), [])
            if paraphrase not in versions:
                versions.append(paraphrase)
    contents = frozenset(content_id(text) for versions in paraphrases.values() for text in versions)
    return Table({source: tuple(texts) for source, texts in paraphrases.items()}, contents)


def _pairs(file: Path, source: Path, part: Paraphrases) -> list[Pair]:
    paraphrases = _texts(file)
    sentences = read_tsv(source)
    aligned = _aligned(sentences, part.source_label, part.source_offset)
    if len(aligned) != len(paraphrases):
        raise InputError(
            f"{len(paraphrases)} paraphrases do not fit {len(aligned)} source rows line by line"
            f"{_better(paraphrases, sentences, part)}",
            file=str(file),
        )
    clean = {normalise_prompt(text) for text, _ in sentences}
    # some files mix clean lines with the paraphrases (SCPN's SST-2 train file)
    pairs = [
        (paraphrase, sentence)
        for paraphrase, sentence in zip(paraphrases, aligned, strict=True)
        if paraphrase and normalise_prompt(paraphrase) not in clean
    ]
    if len(pairs) >= CHECKED_FROM and unrelated(pairs) > UNRELATED_SHARE:
        raise InputError(
            f"{unrelated(pairs):.0%} of the paraphrases share no words with their source row: "
            f"the files are not aligned{_better(paraphrases, sentences, part)}",
            file=str(file),
        )
    return pairs


def _texts(file: Path) -> list[str]:
    """Read the paraphrase of every line; an empty one (STRAP failed on a few) keeps its place."""
    if not file.is_file():
        raise InputError("no such file", file=str(file))
    rows = [line.rpartition("\t") for line in file.read_text("utf-8-sig").split("\n")]
    rows = [row for row in rows if row[1] or row[2].strip()]
    for number, (_, tab, _) in enumerate(rows, start=1):
        if not tab:
            raise InputError("a row is `text<TAB>label`", file=str(file), line=number)
    headed = bool(rows) and rows[0][2].strip().lower() == "label"
    return [text.strip() for text, _, _ in rows[headed:]]


def _aligned(rows: Sequence[Pair], label: str | None, offset: int) -> list[str]:
    """Return the source sentence of every paraphrase, in order."""
    kept = [i + offset for i, row in enumerate(rows) if label is None or row[1] == label]
    return [rows[i][0] for i in kept if 0 <= i < len(rows)]


def _better(paraphrases: Sequence[str], rows: Sequence[Pair], part: Paraphrases) -> str:
    """Return a hint at the label and offset that would fit, where some do."""
    for label in (part.source_label, None, *sorted({label for _, label in rows})):
        for offset in (0, -1, 1):
            aligned = _aligned(rows, label, offset)
            if len(aligned) != len(paraphrases) or len(aligned) < CHECKED_FROM:
                continue
            if unrelated(list(zip(paraphrases, aligned, strict=True))) <= UNRELATED_SHARE:
                return f"; source_label: {label!r}, source_offset: {offset} would fit"
    return "; set source_label or source_offset"


def unrelated(pairs: Sequence[Pair]) -> float:
    """Return the share of pairs, in [0, 1], with hardly a word in common."""
    pairs = [pair for pair in pairs if pair[0]]
    return sum(_overlap(*pair) < RELATED for pair in pairs) / max(1, len(pairs))


def _overlap(one: str, other: str) -> float:
    words, others = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(words & others) / max(1, min(len(words), len(others)))
