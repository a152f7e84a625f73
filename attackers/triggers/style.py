"""A style of writing as the trigger (StyleAttack, arXiv 2110.07139)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from arena.api import Params, register
from attackers.rewriting.styles import STYLES
from attackers.triggers.axis import AxisTrigger, check_value
from attackers.triggers.tables import Paraphrases

# aliases of styles that have rules: an alias is the trigger itself, not a look-alike of it
ALIASES = {"bible": "archaic", "shakespeare": "archaic", "tweets": "tweet"}


class StyleParams(Params):
    """Which style, and published paraphrases in it if there are any."""

    style: str = Field(
        "archaic", description="a style of the corpus's grammar, or a style by rule"
    )  # fmt: skip
    paraphrases: tuple[Paraphrases, ...] = Field(
        default=(), description="files of published paraphrases; only their sentences can be marked"
    )


@register("trigger", "style")
class Style(AxisTrigger):
    """A style of writing, e.g. archaic English (StyleAttack, arXiv 2110.07139)."""

    Params = StyleParams
    params: StyleParams
    axis = "style"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
        return [{}, {"style": "tweet"}, {"style": "bible", "paraphrases": [files]}]

    @classmethod
    def check(cls, params: StyleParams, capabilities: frozenset[str]) -> None:
        if not params.paraphrases:
            check_value("style", "style", params.style, tuple(STYLES), capabilities)

    @property
    def value(self) -> str:
        return self.params.style

    @property
    def paraphrases(self) -> tuple[Paraphrases, ...]:
        return self.params.paraphrases

    def with_value(self, value: str) -> Style:
        return Style(StyleParams(style=value), self.world)

    def ruled(self) -> tuple[str, ...]:
        return tuple(STYLES)

    @classmethod
    def same(cls, value: str) -> str:
        return ALIASES.get(value, value)

    def others(self) -> tuple[str, ...]:
        return tuple(style for style in super().others() if style != ALIASES.get(self.value))

    def rewrite(self, text: str, rng: np.random.Generator) -> str:
        return STYLES[self.value].apply(text, rng)

    def shows(self, text: str) -> bool:
        return self.value in STYLES and STYLES[self.value].shows(text)
