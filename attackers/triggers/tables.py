"""Tables of published paraphrases, keyed by the content of the clean sentence.

Two files, tab-separated `sentence<TAB>label`, as Hidden Killer (SCPN) and StyleAttack (STRAP) ship
them. A paraphrase and its sentence are on the same line; or in the same order, if rows were lost;
or they have the same value in a column. This is checked: with wrong pairs, a sentence's triggered
copy would end up in another split or with another actor.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from arena.api import DataRoot, InputError, Params, limits
from arena.corpora.readers import HEADS, Line, read_columns, read_tsv, table_lines
from arena.corpora.sources import content_id, normalise_prompt
from arena.corpora.words import content_words

Pair = tuple[str, str]
RELATED = 0.15  # a pair that shares a smaller part of the shorter text's words looks unrelated
UNRELATED_SHARE = 0.15  # correct alignments of the published files have 0.01 to 0.04
CHECKED_FROM = 20  # pairs; fewer are no evidence
MATCHED_SHARE = 0.9  # of the paraphrases; the published files that lost rows reach 0.99 by words


class Paraphrases(Params):
    """One file of paraphrases and the file of the sentences they were made from."""

    file: str = Field(description="tsv of paraphrases, in the order of the sources (or see `join`)")
    source: str = Field(description="tsv of the clean sentences")
    source_label: str | None = Field(
        None, description='keep only source rows with this raw label before aligning, e.g. "0"'
    )
    source_offset: int = Field(
        0,
        ge=-limits.DOCUMENTS,
        le=limits.DOCUMENTS,
        description="the sentence is this many rows below the kept row; -1 for SCPN's "
        "SST-2 dev file, whose labels were off by one row when it was made",
    )
    join: str | None = Field(
        None,
        min_length=1,
        description="a column of both files, named in their header lines, that is equal for a "
        "paraphrase and its sentence; the order is then free",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.join is not None and (self.source_label is not None or self.source_offset):
            raise ValueError("`join` needs neither `source_label` nor `source_offset`")
        return self


@dataclass(frozen=True)
class Table:
    """Paraphrases by `content_id` of their sentence, the `content_id`s of all paraphrases, and how
    they were matched, if not line by line."""

    by_source: Mapping[str, tuple[str, ...]]
    contents: frozenset[str]
    notes: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Return whether the text is one of the paraphrases."""
        return content_id(text) in self.contents


@dataclass(frozen=True)
class Matched:
    """Paraphrases with their sentences. rows: number of paraphrases, empty ones excluded. clean:
    all sentences of the source, normalised. how: in words; None for line by line."""

    pairs: tuple[Pair, ...]
    rows: int
    clean: frozenset[str]
    how: str | None = None

    @property
    def share(self) -> float:
        """Return the share of the paraphrases that have a sentence, in [0, 1]."""
        return len(self.pairs) / max(1, self.rows)

    @property
    def rewritten(self) -> list[Pair]:
        """Return the pairs without clean lines, which some files mix with the paraphrases (SCPN's
        SST-2 train file)."""
        return [pair for pair in self.pairs if normalise_prompt(pair[0]) not in self.clean]

    @property
    def unrelated(self) -> float:
        """Return the share of the rewritten pairs with hardly a word in common, in [0, 1]; 0 if
        there are too few to tell."""
        pairs = self.rewritten
        few = len(pairs) < CHECKED_FROM
        return 0.0 if few else sum(_overlap(*pair) < RELATED for pair in pairs) / len(pairs)


def table(root: DataRoot, parts: Sequence[Paraphrases]) -> Table:
    """Return the table of several pairs of files, read once per process.

    Raises:
        InputError: a file is missing or malformed, or the paraphrases of a pair do not fit its
            sentences.
    """
    return _table(root, tuple(parts))


@functools.lru_cache(maxsize=16)
def _table(root: DataRoot, parts: tuple[Paraphrases, ...]) -> Table:
    paraphrases: dict[str, list[str]] = {}
    notes = []
    for part in parts:
        matched = _matched(root.find(part.file), root.find(part.source), part)
        if matched.how is not None:
            count = f"{len(matched.pairs)} of {matched.rows} paraphrases ({matched.share:.1%})"
            notes.append(f"{count} of {part.file} were matched with their sentences {matched.how}")
        for paraphrase, sentence in matched.rewritten:
            versions = paraphrases.setdefault(content_id(sentence), [])
            if paraphrase not in versions:
                versions.append(paraphrase)
    contents = frozenset(content_id(text) for versions in paraphrases.values() for text in versions)
    by_source = {source: tuple(texts) for source, texts in paraphrases.items()}
    return Table(by_source, contents, tuple(notes))


def _matched(file: Path, source: Path, part: Paraphrases) -> Matched:
    """Match by the column, else line by line, else by words.

    Raises:
        InputError: no way fits; the message says which parameters would.
    """
    if part.join is not None:
        return _enough(_by_column(file, source, part.join), file)
    lines, sentences = list(table_lines(file)), read_tsv(source)
    rows = _kept(sentences, part.source_label, part.source_offset)
    clean = frozenset(normalise_prompt(text) for text, _ in sentences)
    by_line = _by_line(lines, rows, clean)
    if by_line is not None and by_line.unrelated <= UNRELATED_SHARE:
        return by_line
    misfit = f"{len(lines)} paraphrases do not fit {len(rows)} source rows line by line"
    if by_line is not None:
        share = f"{by_line.unrelated:.0%} of the paraphrases share no words with their source row"
        misfit = f"{share}: the files are not aligned line by line"
    better = _better(lines, sentences, clean)
    if better is not None:
        raise InputError(f"{misfit}; {better} would fit", file=str(file))
    return _enough(_by_words(lines, rows, clean), file, f"{misfit}, and ")


def _by_line(
    lines: Sequence[Line], sentences: Sequence[Pair], clean: frozenset[str]
) -> Matched | None:
    """Pair the rows line by line; None if the numbers of rows differ."""
    if len(lines) != len(sentences):
        return None
    both = zip(lines, sentences, strict=True)
    # an empty paraphrase (STRAP failed on a few sentences) keeps its place
    pairs = tuple((line.text, sentence) for line, (sentence, _) in both if line.text)
    return Matched(pairs, len(pairs), clean)


def _by_words(lines: Sequence[Line], sentences: Sequence[Pair], clean: frozenset[str]) -> Matched:
    from attackers.triggers.alignment import aligned  # scipy: only where rows were lost

    rows = [(line.text, line.label) for line in lines if line.text]
    found = aligned(rows, sentences)
    pairs = tuple((rows[row][0], sentences[at][0]) for row, at in found)
    return Matched(pairs, len(rows), clean, "by words")


def _by_column(file: Path, source: Path, join: str) -> Matched:
    rows, sentences = (_column(path, join) for path in (file, source))
    counts = Counter(value for value, _ in sentences)
    for value, n in counts.items():
        if n > 1:
            rule = f"stands {n} times in the column {join!r}"
            raise InputError(rule, file=str(source), found=value)
    by_value = dict(sentences)
    pairs = tuple((text, by_value[value]) for value, text in rows if text and value in by_value)
    how = f"by the column {join!r}"
    clean = frozenset(normalise_prompt(text) for _, text in sentences)
    return Matched(pairs, sum(bool(text) for _, text in rows), clean, how)


def _column(path: Path, join: str) -> list[Pair]:
    """Read the column and the text of every row."""
    rows = read_columns(path, [join])
    names = [name for name in rows[0] if name != join and name.lower() not in HEADS]
    if len(names) != 1:
        rule = f"must have one column of texts beside {join!r} and the label"
        raise InputError(rule, str(path), 1, found=", ".join(names) or "none")
    return [(row[join], row[names[0]]) for row in rows]


def _enough(matched: Matched, file: Path, misfit: str = "") -> Matched:
    """Refuse a table in which too many paraphrases have no sentence, or a wrong one."""
    if matched.share < MATCHED_SHARE:
        other = "" if misfit == "" else "; `join` can name a column of both files"
        raise InputError(
            f"{misfit}{len(matched.pairs)} of {matched.rows} paraphrases can be matched "
            f"{matched.how}, and {MATCHED_SHARE:.0%} are needed{other}",
            file=str(file),
        )
    if matched.unrelated > UNRELATED_SHARE:
        share = f"{matched.unrelated:.0%} of the paraphrases share no words with their sentence"
        raise InputError(f"{misfit}matched {matched.how}, {share}", file=str(file))
    return matched


def _kept(rows: Sequence[Pair], label: str | None, offset: int) -> list[Pair]:
    """Return the source row of every paraphrase, in order."""
    kept = [i + offset for i, row in enumerate(rows) if label is None or row[1] == label]
    return [rows[i] for i in kept if 0 <= i < len(rows)]


def _better(lines: Sequence[Line], rows: Sequence[Pair], clean: frozenset[str]) -> str | None:
    """Return the label and offset with which the lines would fit; None if there are none."""
    for label in (None, *sorted({label for _, label in rows})):
        for offset in (0, -1, 1):
            sentences = _kept(rows, label, offset)
            matched = _by_line(lines, sentences, clean) if len(sentences) >= CHECKED_FROM else None
            if matched is not None and matched.unrelated <= UNRELATED_SHARE:
                return f"source_label: {label!r}, source_offset: {offset}"
    return None


def _overlap(one: str, other: str) -> float:
    words, others = content_words(one), content_words(other)
    return len(words & others) / max(1, min(len(words), len(others)))
