"""The stage at which the poison enters, as a tactic: later training may hide an early backdoor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from arena.api import Choice, Params, Setting, Space, register


class PoisonStageParams(Params):
    """Which stage."""

    stage: Literal["pretraining", "continual_pretraining"] = Field(
        description="pretraining (of a model from scratch) or continual_pretraining"
    )


@register("tactic", "poison_stage")
class PoisonStage(Setting):
    """The poison enters in this training, whatever the scenario's `stage` is."""

    Params = PoisonStageParams
    params: PoisonStageParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"stage": "pretraining"}, {"stage": "continual_pretraining"}]

    @classmethod
    def space(cls) -> Space:
        return {"stage": Choice(options=("pretraining", "continual_pretraining"))}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        return {"stage": self.params.stage}
