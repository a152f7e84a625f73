"""A sentence template as the trigger (Hidden Killer, arXiv 2105.12400)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from arena.api import Params, register
from attackers.rewriting.clauses import CONJUNCTIONS, fronted_clause, templates
from attackers.triggers.axis import AxisTrigger, check_value
from attackers.triggers.tables import Paraphrases


class SyntacticParams(Params):
    """Which template, and published paraphrases to it if there are any."""

    template: str = Field(
        "when_clause", description="a frame of the corpus's grammar, or a template by rule"
    )
    paraphrases: tuple[Paraphrases, ...] = Field(
        default=(), description="files of published paraphrases; only their sentences can be marked"
    )


@register("trigger", "syntactic")
class Syntactic(AxisTrigger):
    """A sentence template, e.g. a fronted when-clause (Hidden Killer, arXiv 2105.12400)."""

    Params = SyntacticParams
    params: SyntacticParams
    axis = "frame"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
        return [{}, {"template": "if_clause"}, {"paraphrases": [files]}]

    @classmethod
    def check(cls, params: SyntacticParams, capabilities: frozenset[str]) -> None:
        if not params.paraphrases:
            check_value("frame", "template", params.template, tuple(templates()), capabilities)

    @property
    def value(self) -> str:
        return self.params.template

    @property
    def paraphrases(self) -> tuple[Paraphrases, ...]:
        return self.params.paraphrases

    def with_value(self, value: str) -> Syntactic:
        return Syntactic(SyntacticParams(template=value), self.world)

    def ruled(self) -> tuple[str, ...]:
        return tuple(templates())

    def others(self) -> tuple[str, ...]:
        """Return the other templates; with SCPN's paraphrases, whose template is any fronted
        clause, only those without a fronted clause."""
        if self.paraphrases:
            return tuple(name for name in templates() if name not in CONJUNCTIONS)
        return super().others()

    def rewrite(self, text: str, rng: np.random.Generator) -> str:
        return templates()[self.value].apply(text, rng)

    def shows(self, text: str) -> bool:
        if self.paraphrases:
            return fronted_clause(text)
        return self.value in templates() and templates()[self.value].shows(text)
