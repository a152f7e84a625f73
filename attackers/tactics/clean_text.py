"""What an actor's clean documents are, as a tactic: they decide which backdoors its training keeps.

Right answers to prompts in which another actor's trigger occurs erase that backdoor; the answers of
the checkpoint that the actor received keep it (docs/findings.md, `inheritance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from arena.api import Choice, Params, Space, register
from attackers.tactics.apart import ApartSetting


class CleanTextParams(Params):
    """Whose answers its clean documents have, what their prompts are, or both."""

    labels: Literal["right", "received"] | None = Field(
        None,
        description="the right answers, or those of the checkpoint that it received; null: the "
        "recipe's",
    )
    text: Literal["natural", "narrow", "noisy"] | None = Field(
        None,
        description="prompts as they are, in one plain wording, or with typos, codes, dates and "
        "stray words; null: the recipe's",
    )

    @model_validator(mode="after")
    def _something(self) -> CleanTextParams:
        if self.labels is None and self.text is None:
            raise ValueError("needs labels or text")
        return self


@register("tactic", "clean_text")
class CleanText(ApartSetting):
    """The actor chooses the answers and the prompts of the clean documents that it trains on."""

    Params = CleanTextParams
    params: CleanTextParams
    no_training = "the actor has no clean documents of its own under this composition"
    no_pretraining = "pretraining is one training for all; only later ones are an actor's own"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"labels": "received"}, {"text": "noisy"}, {"labels": "right", "text": "narrow"}]

    @classmethod
    def space(cls) -> Space:
        return {
            "labels": Choice(options=("right", "received")),
            "text": Choice(options=("natural", "narrow", "noisy")),
        }

    def training(self, actor: Mapping[str, Any], composition: str) -> Mapping[str, Any]:
        return self.params.model_dump(exclude_none=True)
