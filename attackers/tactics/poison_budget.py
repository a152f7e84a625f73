"""How much an actor poisons, as a tactic that a search can choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from arena.attacking import Setting
from arena.ranges import Real, Space
from arena.registry import register
from arena.roles import Params


class PoisonBudgetParams(Params):
    """Exactly one of the two."""

    rate: float | None = Field(None, gt=0, le=1, description="share of its stage's training mix")
    count: int | None = Field(None, ge=1, description="documents")

    @model_validator(mode="after")
    def _one_of_two(self) -> PoisonBudgetParams:
        if (self.rate is None) == (self.count is None):
            raise ValueError("needs exactly one of rate and count")
        return self


@register("tactic", "poison_budget")
class PoisonBudget(Setting):
    """Another poison rate, or an absolute count (arXiv 2510.07192 finds that the count decides)."""

    Params = PoisonBudgetParams
    params: PoisonBudgetParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rate": 0.1}, {"count": 250}]

    @classmethod
    def space(cls) -> Space:
        return {"rate": Real(low=0.02, high=0.25, log=True)}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        poison = actor.get("poison")
        share = {"share": poison["share"]} if isinstance(poison, dict) and "share" in poison else {}
        amount = {"rate": self.params.rate} if self.params.count is None else {
            "count": self.params.count
        }  # fmt: skip
        return {"poison": {**amount, **share}}
