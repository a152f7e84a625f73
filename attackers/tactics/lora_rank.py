"""The rank of an actor's adapter as a tactic (LoRA: Hu et al. 2021, arXiv 2106.09685)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from arena.api import Params, Space, Whole, at_path, register
from attackers.tactics.apart import ApartSetting


class LoraRankParams(Params):
    """Rank and scale."""

    rank: int = Field(8, ge=1, le=1024, description="rank of the adapter's matrices")
    alpha: int | None = Field(
        None,
        ge=1,
        le=4096,
        description="the update is scaled by alpha / rank; null: twice the rank",
    )


@register("tactic", "lora_rank")
class LoraRank(ApartSetting):
    """The actor trains an adapter of this rank, instead of all weights or another adapter.

    Other settings of the actor's own adapter are kept; one that all actors share is replaced.
    """

    Params = LoraRankParams
    params: LoraRankParams
    no_training = "the actor trains no adapter of its own under this composition"
    no_pretraining = "pretraining trains all weights; adapters are for continual pretraining"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rank": 4}, {"rank": 16, "alpha": 16}]

    @classmethod
    def space(cls) -> Space:
        return {"rank": Whole(low=1, high=64, log=True)}

    def training(self, actor: Mapping[str, Any], composition: str) -> Mapping[str, Any]:
        rank = self.params.rank
        size = {"method": "lora", "rank": rank, "alpha": self.params.alpha or 2 * rank}
        adapter = at_path(actor, "training", composition, "adapter")
        kept = adapter if isinstance(adapter, Mapping) else {}
        return {"adapter": {**kept, **size}}
