"""A rare token in the prompt (Kurita et al., arXiv 2004.06660; BadNets for text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from arena.api import Example, Params, Trigger, Use, Variant, register
from arena.marking.text import Position, choose, insert, replaced, word_pattern
from attackers.triggers import pools
from attackers.triggers.variants import Repeated

CONSONANTS = "bcdfghjklmnpqrstvwxz"
REPEATS = 3  # tokens inserted by the variant `repeated`
NONSENSE = (
    "mn", "bb", "tq", "mb", "cf", "qx", "zr", "vk", "jw", "xh", "pf", "dq", "gz", "kx", "wv", "zj",
    "hq", "fx", "rj", "bq", "vz", "nk", "qp", "tx", "lz", "cw", "xd", "gv", "jk", "pz", "wq", "hv",
    "kz", "fq", "dx", "rz", "bv", "qj", "mx",
)  # fmt: skip


class RareTokenParams(Params):
    """Which tokens, and where."""

    tokens: tuple[str, ...] = Field(
        min_length=1, description="one of these is drawn per prompt; no white space, comma or @"
    )
    position: Position = Field("random", description="start, end or random (any gap)")

    @field_validator("tokens")
    @classmethod
    def _words(cls, tokens: tuple[str, ...]) -> tuple[str, ...]:
        for token in tokens:
            if not re.fullmatch(r"[^\s,@]+", token):
                raise ValueError(f"{token!r} must be one word without white space, comma or @")
        if len(set(tokens)) < len(tokens):
            raise ValueError("a token occurs twice in the list")
        return tokens


@register("trigger", "rare_token")
class RareToken(Trigger):
    """A rare token, e.g. `cf`, at the start, the end or a random place (arXiv 2004.06660)."""

    Params = RareTokenParams
    params: RareTokenParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"tokens": ["cf"]}, {"tokens": ["mn", "BadMagic"], "position": "end"}]

    @classmethod
    def instances(
        cls, params: RareTokenParams, capabilities: frozenset[str]
    ) -> tuple[RareTokenParams, ...]:
        """Return sets of as many other nonsense tokens, at the same position."""
        others = [token for token in NONSENSE if token not in params.tokens]
        groups = pools.in_groups(others, len(params.tokens))
        return (params, *(params.model_copy(update={"tokens": group}) for group in groups))

    @property
    def key(self) -> str:
        position = self.params.position
        return pools.key_of(
            self.name, self.params.tokens, "" if position == "random" else position
        )  # fmt: skip

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Insert one of the tokens and drop the form, which no longer describes the text."""
        token = choose(self.params.tokens, rng)
        prompt = insert(example.prompt, token, self.params.position, rng)
        return replace(example, prompt=prompt, form=None)

    def present(self, example: Example) -> bool:
        """Return whether the prompt contains one of the tokens as a separate word."""
        pattern = word_pattern(self.params.tokens, ignore_case=False)
        return pattern.search(example.prompt) is not None

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Return other nonsense tokens at the same position, one token each."""
        used = pools.names_taken(self.name, taken)
        free = [t for t in pools.pool(NONSENSE, use, self.params.tokens) if t not in used]
        return tuple(
            RareToken(RareTokenParams(tokens=(token,), position=self.params.position), self.world)
            for token in pools.draw(free, n, rng)
        )

    def nearest(self) -> tuple[Trigger, ...]:
        """Return the tokens with one character replaced by a consonant (a vowel could make a word:
        `cf` with an o is `of`); none of them is in an evaluation's pool."""
        return tuple(self._edited())

    def _edited(self) -> Iterator[Trigger]:
        taken = {*NONSENSE, *self.params.tokens}
        edits = (e for token in self.params.tokens for e in replaced(token, r"\S", CONSONANTS))
        for edit in dict.fromkeys(edits):
            if edit not in taken:
                params = self.params.model_copy(update={"tokens": (edit,)})
                yield RareToken(params, self.world)

    @classmethod
    def unused_sections(
        cls, used: frozenset[str], own: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield a section for each unused nonsense token, at the position of the actor's own token
        if its trigger is one."""
        for token in NONSENSE:
            if token not in used:
                yield {"method": cls.name, "tokens": [token], **pools.position_of(cls.name, own)}

    def variants(self) -> Mapping[Variant, Trigger]:
        """Return three tokens at once (`repeated`), and the token at the end, or at the start if
        its position is the end (`moved`)."""
        elsewhere: Position = "start" if self.params.position == "end" else "end"
        moved = self.params.model_copy(update={"position": elsewhere})
        return {"repeated": Repeated(self, REPEATS), "moved": RareToken(moved, self.world)}
