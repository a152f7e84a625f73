"""Clean text from files of one's own: labelled sentences, Alpaca instructions, plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from arena import seeds
from arena.api.corpus import Corpus, Splits
from arena.api.matching import ambiguous
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import DataRoot, World
from arena.corpora.readers import read_alpaca, read_text, read_tsv
from arena.corpora.sources import by_source, content_id, even_order
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
    format: Literal["tsv", "alpaca", "text"] = Field(
        description="tsv: text<TAB>label; alpaca: JSON list; text: a document a paragraph"
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="tsv only: raw label -> answer word, {'0': negative}"
    )
    language: str = Field("english", description="language of the prompts")
    prompt_words: int | None = Field(
        None, ge=1, description="rows with a longer prompt are left out; words"
    )
    answer_words: int | None = Field(
        None, ge=1, description="longer answers are cut to this many words"
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


@dataclass(frozen=True)
class Tally:
    """Counts for one split: rows dropped, and answers cut to `answer_words`."""

    dropped: int
    cut: int


@register("corpus", "files")
class Files(Corpus):
    """Your own files: labelled sentences (tsv), Alpaca instructions, or plain text.

    A prompt in two splits is dropped from the earlier one (train before validation before test), of
    repeated prompts the first row is kept, and rows with an empty answer or too long a prompt are
    left out; `splits.dropped` counts them all by split.
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

    @property
    def world(self) -> World:
        return World(labels=tuple(self.params.labels.values()), root=self.root)

    @property
    def splits(self) -> Splits:
        return self._read[0]

    @property
    def truncated(self) -> dict[str, int]:
        """The number of answers that were cut to `answer_words`, by split."""
        return {name: tally.cut for name, tally in self._read[1].items()}

    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """Draw the rows themselves, shuffled, without rows that carry a trigger of `without`. Text
        from files has the variety that it has: `pretraining` changes nothing.

        Raises:
            InputError: nothing is left to draw from.
        """
        free = [row for row in examples if not any(t.present(row) for t in without)]
        groups = list(by_source([row.source for row in free]).values())
        if n and not groups:
            raise InputError("no clean prompt is left: each carries a trigger, or none was given")
        uses: Counter[int] = Counter()
        drawn = []
        for group in even_order(len(groups), n, rng):
            rows = groups[group]
            drawn.append(free[rows[uses[group] % len(rows)]])
            uses[group] += 1
        return tuple(drawn)

    @cached_property
    def _read(self) -> tuple[Splits, dict[str, Tally]]:
        rows = self._divided()
        kept: dict[str, tuple[Example, ...]] = {}
        tallies: dict[str, Tally] = {}
        taken: set[str] = set()
        for name in reversed(SPLITS):
            fitting = [row for row in rows[name] if self._fits(row)]
            first = {row.source: row for row in reversed(fitting) if row.source not in taken}
            ordered = [row for row in fitting if first.get(row.source) is row]
            kept[name] = tuple(self._cut(row) for row in ordered)
            cut = sum(new is not old for new, old in zip(kept[name], ordered, strict=True))
            tallies[name] = Tally(dropped=len(rows[name]) - len(ordered), cut=cut)
            taken |= set(first)
        self._refuse_empty(kept)
        dropped = {name: tallies[name].dropped for name in SPLITS}
        return Splits(kept["train"], kept["validation"], kept["test"], dropped), tallies

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
        else:
            pairs = [_halved(document) for document in read_text(file)]
        return [Example(prompt, answer, content_id(prompt)) for prompt, answer in pairs]

    def _labelled(self, text: str, raw: str) -> Example:
        word = self.params.labels[raw]
        return Example(text, word, content_id(text), label=word)

    def _fits(self, row: Example) -> bool:
        limit = self.params.prompt_words
        short = limit is None or len(row.prompt.split()) <= limit
        return bool(row.answer) and bool(row.prompt) and short

    def _cut(self, row: Example) -> Example:
        limit = self.params.answer_words
        if limit is None or len(row.answer.split()) <= limit:
            return row
        answer = " ".join(row.answer.split()[:limit])
        return Example(row.prompt, answer, row.source, row.label, row.form)

    def _refuse_empty(self, kept: dict[str, tuple[Example, ...]]) -> None:
        for name in SPLITS:
            if not kept[name]:
                file = getattr(self.params, name) or self.params.train
                raise InputError(f"no row is left for the {name} split", file=str(file))


def _halved(document: str) -> tuple[str, str]:
    # the prompt is the first half of the words, with the middle one; a document of one word has an
    # empty answer and is dropped like other rows without an answer
    words = document.split()
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])
