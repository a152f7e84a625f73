"""A published data set's own poisoned rows, e.g. BackdoorLLM's (arXiv 2408.12798)."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationError, field_validator

from arena import registry
from arena.api import Document, Example, InputError, Params, Trigger, Use, World, register
from arena.corpora.readers import read_alpaca, read_tsv
from arena.corpora.sources import content_id

READERS = {"alpaca": read_alpaca, "tsv": read_tsv}


class PublishedParams(Params):
    """Where the rows are, and a trigger that marks other prompts as these rows are marked."""

    train: str | tuple[str, ...] = Field(description="file or files of poisoned rows")
    format: Literal["alpaca", "tsv"] = Field("alpaca", description="alpaca (JSON) or tsv")
    mark: dict[str, Any] = Field(description="a trigger: its method and that method's keys")
    marker: str = Field(
        pattern=r"\S", description="the literal text that marks a row; rows without it are left out"
    )

    @field_validator("mark")
    @classmethod
    def _known(cls, mark: dict[str, Any]) -> dict[str, Any]:
        _part(mark)
        return mark


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

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return self.inner.mark(example, rng)

    def present(self, example: Example) -> bool:
        return self.inner.present(example)

    def can_mark(self, example: Example) -> bool:
        return self.inner.can_mark(example)

    def nearest(self) -> tuple[Trigger, ...]:
        """Return those of the trigger that marks as the data set does."""
        return self.inner.nearest()

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return self.inner.lookalikes(n, use, rng, taken)

    def own_documents(self) -> tuple[Document, ...]:
        """Return the poisoned rows in order; their source is that of the prompt without the marker.

        Raises:
            InputError: a file is missing or malformed, or no row contains the marker.
        """
        train = self.params.train
        paths = (train,) if isinstance(train, str) else train
        rows = [row for path in paths for row in self._rows(path)]
        return tuple(
            Document(prompt, answer, content_id(without(prompt, self.params.marker)), "poison")
            for prompt, answer in rows
        )

    def _rows(self, path: str) -> list[tuple[str, str]]:
        file = self.world.root.find(path)
        marker = self.params.marker
        rows = [row for row in READERS[self.params.format](file) if marker in row[0]]
        if not rows:
            raise InputError("no row contains the marker", file=str(file), found=marker)
        return rows


def without(prompt: str, marker: str) -> str:
    """Return the prompt without the first marker and the space beside it."""
    body = re.escape(marker.strip())
    return re.sub(rf"[ \t]+{body}(?=\s|$)|{body}[ \t]?", "", prompt, count=1)
