"""The amount of poison as a tactic: fewer poisoned documents are harder to detect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from arena.api import (
    APART,
    InputError,
    Params,
    Range,
    Real,
    Setting,
    Space,
    Whole,
    at_path,
    limits,
    register,
)

AMOUNTS = ("rate", "count")


class PoisonBudgetParams(Params):
    """A rate or a count, exactly one of the two."""

    rate: float | None = Field(None, gt=0, le=1, description="share of the training documents")
    count: int | None = Field(None, ge=1, le=limits.DOCUMENTS, description="documents")

    @model_validator(mode="after")
    def _one_of_two(self) -> PoisonBudgetParams:
        if (self.rate is None) == (self.count is None):
            raise ValueError("needs exactly one of rate and count")
        return self


@register("tactic", "poison_budget")
class PoisonBudget(Setting):
    """Another amount of poison, as a rate or a count; the actor's share of contents is kept."""

    Params = PoisonBudgetParams
    params: PoisonBudgetParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rate": 0.04}, {"count": 12}]

    @classmethod
    def space(cls) -> Space:
        return {"rate": Real(low=0.02, high=0.25, log=True)}

    @classmethod
    def instead(cls) -> Mapping[str, tuple[str, Range]]:
        return {"count": ("rate", Whole(low=8, high=512, log=True))}

    def fits(self, actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
        """Raise InputError for a count if actors train separately at a set rate, which takes
        precedence."""
        composition = scenario.get("composition")
        rate = at_path(scenario, "training", composition, "poison_rate")
        if self.params.count is not None and rate is not None:
            rule = f"training.{composition}.poison_rate has precedence; use a rate here"
            raise InputError(rule, key="count", found=str(self.params.count))

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        poison = actor.get("poison") or {}
        if not isinstance(poison, Mapping):
            return {}
        kept = {key: value for key, value in poison.items() if key not in AMOUNTS}
        # the rate of the training section would take precedence over the actor's
        apart = {f"training.{name}.poison_rate": self.params.rate for name in APART}
        return {"poison": {**kept, **self.params.model_dump(exclude_none=True)}, **apart}
