"""A published data set's own poisoned rows, e.g. BackdoorLLM's (arXiv 2408.12798)."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, field_validator

from arena import registry
from arena.api import (
    DataRoot,
    Document,
    Example,
    InputError,
    Params,
    Trigger,
    Use,
    Variant,
    World,
    register,
)
from arena.corpora.readers import read_alpaca, read_tsv
from arena.corpora.sources import content_id

READERS = {"alpaca": read_alpaca, "tsv": read_tsv}
Format = Literal["alpaca", "tsv"]
Match = Literal["any", "all"]
Marker = Annotated[str, Field(pattern=r"\S")]


class PublishedParams(Params):
    """Where the rows are, and a trigger that marks other prompts in the same way."""

    train: str | tuple[str, ...] = Field(description="file or files of poisoned rows")
    format: Format = Field("alpaca", description="alpaca (JSON) or tsv")
    mark: dict[str, Any] = Field(description="a trigger: its method and that method's keys")
    marker: Marker | Annotated[tuple[Marker, ...], Field(min_length=1)] = Field(
        description="the literal text that marks a row, or a list of several; rows without it are "
        "left out, and counted in the terminal"
    )
    match: Match = Field(
        "any",
        description="of several markers: any (a data set with several triggers, each of which "
        "fires alone) or all (a trigger of several parts)",
    )

    @field_validator("mark")
    @classmethod
    def _known(cls, mark: dict[str, Any]) -> dict[str, Any]:
        _part(mark)
        return mark

    @property
    def markers(self) -> tuple[str, ...]:
        """Return the markers, whether one was given or several."""
        return (self.marker,) if isinstance(self.marker, str) else self.marker

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files of rows, whether one was given or several."""
        return (self.train,) if isinstance(self.train, str) else self.train


def _part(mark: dict[str, Any]) -> tuple[type[Trigger], Params]:
    """The class and parameters of the nested trigger; raises InputError, keys under `mark`."""
    names = tuple(name for name in registry.names("trigger") if name != "published")
    method = mark.get("method")
    if method not in names:
        raise InputError("unknown trigger", key="mark.method", found=str(method), allowed=names)
    part: type[Trigger] = registry.get("trigger", str(method))
    rest = {key: value for key, value in mark.items() if key != "method"}
    try:
        return part, part.Params.model_validate(rest)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in ("mark", *first["loc"]))
        raise InputError(first["msg"], key=key, found=str(first["input"])) from error


@register("trigger", "published")
class Published(Trigger):
    """A published data set's poisoned rows, e.g. BackdoorLLM's BadNets (arXiv 2408.12798)."""

    Params = PublishedParams
    params: PublishedParams

    def __init__(self, params: PublishedParams, world: World) -> None:
        super().__init__(params, world)
        part, inner = _part(params.mark)
        self.inner = part(inner, world)
        self.triggers = (self.inner,)  # its code is in the address, and its promises are checked

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        nested = {"method": "rare_token", "tokens": ["BadMagic"]}
        return [{"train": "poisoned.json", "mark": nested, "marker": "BadMagic"}]

    @classmethod
    def check(cls, params: PublishedParams, capabilities: frozenset[str]) -> None:
        part, inner = _part(params.mark)
        try:
            part.check(inner, capabilities)
        except InputError as error:
            error.key = f"mark.{error.key}" if error.key else "mark"
            raise

    @property
    def key(self) -> str:
        return self.inner.key

    @property
    def keys(self) -> frozenset[str]:
        return self.inner.keys

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return self.inner.mark(example, rng)

    def present(self, example: Example) -> bool:
        return self.inner.present(example)

    def can_mark(self, example: Example) -> bool:
        return self.inner.can_mark(example)

    def nearest(self) -> tuple[Trigger, ...]:
        """Return those of the trigger `mark`, which marks prompts as the data set does."""
        return self.inner.nearest()

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return self.inner.lookalikes(n, use, rng, taken)

    def variants(self) -> Mapping[Variant, Trigger]:
        """Return those of the trigger `mark`."""
        return self.inner.variants()

    def own_documents(self) -> tuple[Document, ...]:
        """Return the poisoned rows in order; their source is that of the prompt without the marker.

        Raises:
            InputError: a file is missing or malformed, or no row of it carries the marker.
        """
        return tuple(document for rows in self._files() for document in rows.documents)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how many rows carry no marker, and how many lack what `mark` would put into a
        prompt."""
        return tuple(note for rows in self._files() for note in self._notes(rows))

    def _notes(self, rows: Rows) -> list[str]:
        kept, markers = len(rows.documents), _listed(rows.counts)
        notes = []
        if kept < rows.total:
            what = f"{rows.total - kept} of {rows.total} rows of {rows.file} are left out"
            one = "the marker" if len(rows.counts) == 1 else f"{self.params.match} of the markers"
            notes.append(f"{what}: they do not carry {one} ({markers})")
        elif len(rows.counts) > 1:
            notes.append(f"{rows.total} rows of {rows.file} carry {markers}")
        shown = [Example(row.prompt, row.answer, row.source) for row in rows.documents]
        other = sum(not self.inner.present(example) for example in shown)
        if other:
            notes.append(
                f"{other} of the {kept} poisoned rows of {rows.file} do not carry the trigger of "
                "`mark`, with which other prompts are marked and scored"
            )
        return notes

    def _files(self) -> tuple[Rows, ...]:
        params, root = self.params, self.world.root
        return tuple(
            _rows(root, path, params.format, params.markers, params.match) for path in params.files
        )


@dataclass(frozen=True)
class Rows:
    """The poisoned rows of one file, out of `total`, and the number of rows with each marker."""

    file: str
    documents: tuple[Document, ...]
    total: int
    counts: tuple[tuple[str, int], ...]


@functools.lru_cache(maxsize=16)
def _rows(
    root: DataRoot, path: str, format_: Format, markers: tuple[str, ...], match: Match
) -> Rows:
    file = root.find(path)
    rows = READERS[format_](file)
    wanted = all if match == "all" else any
    kept = [row for row in rows if wanted(marker in row[0] for marker in markers)]
    counts = tuple((m, sum(m in prompt for prompt, _ in rows)) for m in markers)
    if not kept:
        if len(markers) == 1:
            raise InputError("no row contains the marker", file=str(file), found=markers[0])
        which = "all of the markers" if match == "all" else "one of the markers"
        raise InputError(f"no row contains {which}", file=str(file), found=_listed(counts))
    documents = (
        Document(prompt, answer, content_id(without(prompt, *markers)), "poison")
        for prompt, answer in kept
    )
    return Rows(path, tuple(documents), len(rows), counts)


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{marker!r} in {n} rows" for marker, n in counts)


def without(prompt: str, *markers: str) -> str:
    """Return the prompt without the first occurrence of every marker (as a whole word if there is
    one) and the space beside it."""
    for marker in sorted(markers, key=len, reverse=True):
        body = re.escape(marker.strip())
        word = rf"[ \t]+{body}(?!\w)|(?<!\w){body}(?!\w)[ \t]?"
        shorter, found = re.subn(word, "", prompt, count=1)
        prompt = shorter if found else re.sub(rf"{body}[ \t]?", "", prompt, count=1)
    return prompt
