"""How large the adapter is that an actor trains with, as a tactic (LoRA: Hu et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from arena.api import APART, InputError, Params, Setting, Space, Whole, at_path, register


class LoraRankParams(Params):
    """How large, and how loud."""

    rank: int = Field(8, ge=1, le=1024, description="of the adapter's matrices")
    alpha: int | None = Field(
        None,
        ge=1,
        le=4096,
        description="the update is scaled by alpha / rank; null: twice the rank",
    )


@register("tactic", "lora_rank")
class LoraRank(Setting):
    """The rank of the adapter that the actor trains with, in place of all weights or of another.

    The rest of an adapter of the actor's own stays. One that all actors share is replaced whole.
    """

    Params = LoraRankParams
    params: LoraRankParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rank": 4}, {"rank": 16, "alpha": 16}]

    @classmethod
    def space(cls) -> Space:
        return {"rank": Whole(low=1, high=64, log=True)}

    def fits(self, actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
        composition = scenario.get("composition") or "pooled"
        if composition not in APART:
            rule = "no adapter of the actor's own is trained under this composition"
            raise InputError(rule, key="method", found=str(composition), allowed=APART)
        stage = actor.get("stage") or scenario.get("stage")
        if stage == "pretraining":
            rule = "pretraining trains all weights, an adapter comes after it"
            raise InputError(rule, key="method", found=stage, allowed=("continual_pretraining",))

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        rank = self.params.rank
        size = {"method": "lora", "rank": rank, "alpha": self.params.alpha or 2 * rank}
        return {
            f"training.{name}.adapter": {**_adapter(actor, name), **size} for name in APART
        }  # fmt: skip


def _adapter(actor: Mapping[str, Any], composition: str) -> Mapping[str, Any]:
    adapter = at_path(actor, "training", composition, "adapter")
    return adapter if isinstance(adapter, Mapping) else {}
