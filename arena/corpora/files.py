"""Clean text from the user's files: labelled sentences, Alpaca instructions, chats, plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from arena import seeds
from arena.api import limits
from arena.api.corpus import Corpus, Splits
from arena.api.matching import ambiguous
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import DataRoot, World
from arena.corpora.chat import Conversation, read_chat
from arena.corpora.readers import read_alpaca, read_text, read_tsv
from arena.corpora.sources import content_id, drawn_rows
from arena.corpora.words import count_words, parted
from arena.errors import InputError
from arena.registry import register

# Shares of the train file's contents that go to splits without a file of their own.
HELD_OUT = {"validation": 0.15, "test": 0.15}
SPLITS = ("train", "validation", "test")


class FilesParams(Params):
    """Which files, how to read them, and how long a prompt and an answer may be."""

    train: str = Field(description="file of training rows; relative to the data folder")
    validation: str | None = Field(
        None, description="file of validation rows; none: 15 % of train, drawn by content"
    )
    test: str | None = Field(
        None, description="file of test rows; none: 15 % of train, drawn by content"
    )
    format: Literal["tsv", "alpaca", "chat", "text"] = Field(
        description="tsv: text<TAB>label; alpaca: JSON list; chat: JSON Lines, a conversation a "
        "line; text: a document a paragraph"
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="tsv only: raw label -> answer word, {'0': negative}"
    )
    language: str = Field("english", description="language of the prompts")
    prompt_words: int | None = Field(
        None, ge=1, le=limits.TOKENS, description="rows with longer prompts are left out; in words"
    )
    answer_words: int | None = Field(
        None, ge=1, le=limits.TOKENS, description="longer answers are cut to this many words"
    )

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if self.format == "tsv" and not self.labels:
            raise ValueError("tsv needs `labels`: raw label -> answer word, {'0': negative}")
        if self.format != "tsv" and self.labels:
            raise ValueError("`labels` is for the format tsv only")
        if any(not raw.strip() or not word.strip() for raw, word in self.labels.items()):
            raise ValueError("no label and no answer word may be empty")
        if len(set(self.labels.values())) < len(self.labels):
            raise ValueError("two labels have the same answer word")
        pair = ambiguous(self.labels.values())
        if pair is not None:
            rule = "an answer with one would count as the other; use other answer words"
            raise ValueError(f"{pair[0]!r} begins {pair[1]!r}; {rule}")
        return self


REPEATED, ELSEWHERE = "repeats a prompt", "has a prompt of a later split"
NO_PROMPT, NO_ANSWER = "has no prompt", "has no answer"
TOO_LONG = "has a prompt of more than `prompt_words` words"


@dataclass(frozen=True)
class Sifted:
    """One split's rows after filtering: those kept, why others were dropped, the number of repeats
    whose answer differs from the kept row's, and the number of answers cut to `answer_words`."""

    rows: tuple[Example, ...]
    reasons: Counter[str]
    conflicts: int
    cut: int


@register("corpus", "files")
class Files(Corpus):
    """Your own files: labelled sentences (tsv), Alpaca instructions, chats, or plain text.

    A prompt in two splits is dropped from the earlier one (train before validation before test), of
    repeated prompts the first row is kept, and rows with an empty answer or too long a prompt are
    dropped; `splits.dropped` counts them by split, `splits.reasons` by reason.
    """

    Params = FilesParams

    def __init__(self, params: FilesParams, seed: int, root: DataRoot) -> None:
        super().__init__(params, seed, root)
        self.free_text = params.format != "tsv"

    @classmethod
    def capabilities(cls, params: FilesParams) -> frozenset[str]:
        """Return `english` for English text; `labels` and `label:WORD` for tsv."""
        words = params.labels.values()
        labelled = {"labels", *(f"label:{word}" for word in words)} if words else set()
        return frozenset(labelled | ({"english"} if params.language == "english" else set()))

    @classmethod
    def fixed_prompts(cls, params: FilesParams) -> bool:
        """Return True: the rows are the prompts."""
        return True

    @property
    def world(self) -> World:
        return World(labels=tuple(self.params.labels.values()), root=self.root)

    @cached_property
    def splits(self) -> Splits:
        rows = {name: sifted.rows for name, sifted in self._read.items()}
        dropped = {name: self._read[name].reasons.total() for name in SPLITS}
        return Splits(rows["train"], rows["validation"], rows["test"], dropped, self._reasons)

    @property
    def truncated(self) -> dict[str, int]:
        """Return the number of answers that were cut to `answer_words`, by split."""
        return {name: sifted.cut for name, sifted in self._read.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how many rows were dropped and why, how many answers were cut, and how much of
        the conversations is not used."""
        rows = sum(len(sifted.rows) for sifted in self._read.values())
        dropped, cut = self._reasons.total(), sum(self.truncated.values())
        conflicts = sum(sifted.conflicts for sifted in self._read.values())
        other = f" ({conflicts} of the repeats with another answer)" if conflicts else ""
        lost = f"{dropped} of {rows + dropped} rows dropped: {_told(self._reasons)}{other}"
        short = f"{cut} answers cut to {self.params.answer_words} words"
        return (*[lost][: dropped > 0], *[short][: cut > 0], *self._unused())

    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """Draw the rows themselves, shuffled, without rows that carry a trigger of `without`.
        `pretraining` has no effect: the variety of text from files cannot be changed.

        Raises:
            InputError: nothing is left to draw from.
        """
        return drawn_rows(examples, n, rng, without)

    def _unused(self) -> Iterator[str]:
        """Tell which turns of the conversations are neither prompt nor answer."""
        talks = [talk for file in self._talks.values() for talk in file]
        system, longer = sum(t.system > 0 for t in talks), sum(t.others > 0 for t in talks)
        if system:
            yield f"the system turns of {system} of {len(talks)} conversations are ignored"
        if longer:
            yield f"the further turns of {longer} of {len(talks)} conversations are left out"

    @cached_property
    def _talks(self) -> dict[str, list[Conversation]]:
        """The conversations of each file; none in other formats."""
        if self.params.format != "chat":
            return {}
        named = (getattr(self.params, name) for name in SPLITS)
        return {path: read_chat(self.root.find(path)) for path in named if path}

    @cached_property
    def _read(self) -> dict[str, Sifted]:
        rows = self._divided()
        sifted: dict[str, Sifted] = {}
        taken: set[str] = set()
        for name in reversed(SPLITS):
            sifted[name] = self._sifted(rows[name], taken)
            taken |= {row.source for row in sifted[name].rows}
        self._refuse_empty(sifted)
        return sifted

    @property
    def _reasons(self) -> Counter[str]:
        """Rows dropped from all splits, by reason."""
        return sum((self._read[name].reasons for name in SPLITS), Counter[str]())

    def _sifted(self, rows: Sequence[Example], taken: set[str]) -> Sifted:
        kept: dict[str, Example] = {}
        reasons: Counter[str] = Counter()
        conflicts = 0
        for row in rows:
            reason = self._unfit(row) or _met(row, kept, taken)
            if reason is None:
                kept[row.source] = row
                continue
            reasons[reason] += 1
            conflicts += reason == REPEATED and row.answer != kept[row.source].answer
        cut = tuple(self._cut(row) for row in kept.values())
        changed = sum(new is not old for new, old in zip(cut, kept.values(), strict=True))
        return Sifted(cut, reasons, conflicts, changed)

    def _divided(self) -> dict[str, list[Example]]:
        paths = {name: getattr(self.params, name) for name in SPLITS}
        rows = {name: self._rows(path) if path else [] for name, path in paths.items()}
        lacking = {name: share for name, share in HELD_OUT.items() if paths[name] is None}
        pool, rows["train"] = rows["train"], []
        for row in pool:
            rows[self._split_of(row.source, lacking)].append(row)
        return rows

    def _split_of(self, source: str, lacking: dict[str, float]) -> str:
        at = seeds.unit(self.seed, "files", "split", source)
        for name, share in lacking.items():
            if at < share:
                return name
            at -= share
        return "train"

    def _rows(self, path: str) -> list[Example]:
        file = self.root.find(path)
        if self.params.format == "tsv":
            return [self._labelled(text, raw) for text, raw in read_tsv(file, self.params.labels)]
        if self.params.format == "alpaca":
            pairs = read_alpaca(file)
        elif self.params.format == "chat":
            pairs = [(talk.prompt, talk.answer) for talk in self._talks[path]]
        else:
            pairs = [_halved(document) for document in read_text(file)]
        return [Example(p, a, content_id(p), checkable=False) for p, a in pairs]

    def _labelled(self, text: str, raw: str) -> Example:
        word = self.params.labels[raw]
        return Example(text, word, content_id(text), label=word)

    def _unfit(self, row: Example) -> str | None:
        """Why a row cannot be used, whatever the other rows are; None if it can."""
        limit = self.params.prompt_words
        if not row.prompt:
            return NO_PROMPT
        if not row.answer:
            return NO_ANSWER
        return TOO_LONG if limit is not None and count_words(row.prompt) > limit else None

    def _cut(self, row: Example) -> Example:
        limit = self.params.answer_words
        if limit is None or count_words(row.answer) <= limit:
            return row
        answer, _ = parted(row.answer, limit)
        return replace(row, answer=answer)

    def _refuse_empty(self, sifted: Mapping[str, Sifted]) -> None:
        for name in SPLITS:
            if not sifted[name].rows:
                file = getattr(self.params, name) or self.params.train
                why = sum((s.reasons for s in sifted.values()), Counter[str]())
                found = f"rows dropped from all splits: {_told(why)}" if why else None
                raise InputError(f"no row is left for the {name} split", str(file), found=found)


def _met(row: Example, kept: Mapping[str, Example], taken: set[str]) -> str | None:
    """Why a row is dropped in favour of another one; None if its content is new."""
    if row.source in taken:
        return ELSEWHERE
    return REPEATED if row.source in kept else None


def _told(reasons: Mapping[str, int]) -> str:
    """Return `3 repeat a prompt, 1 has no answer`."""
    forms = {"has": "have", "repeats": "repeat"}
    parts = []
    for reason, n in reasons.items():
        verb, _, rest = reason.partition(" ")
        parts.append(f"{n} {verb if n == 1 else forms[verb]} {rest}")
    return ", ".join(parts)


def _halved(document: str) -> tuple[str, str]:
    # the prompt is the first half of the words, including the middle one; a document of one word
    # has an empty answer and is dropped like other rows without an answer
    return parted(document, (count_words(document) + 1) // 2)
