"""The trigger moves hidden states another way than its look-alikes do.

How much an undisclosed backdoor is suppressed follows how alike triggers are inside (the
co-residence hypothesis, docs/estimands.md, Representations). No paper's method; with m_t, m_p and
m_d the mean output of a block at the last prompt position over the same examples behind the own
trigger, plain, and behind look-alikes,

    extra = weight * mean over the blocks chosen of cos(m_t - m_p, m_d - m_p)^2

The weight is small because a shift is short beside its states, which makes the cosine's gradient
steep: with 0.1 on nano models it drowns everything else in the clipped step.

Both shifts are turned: a model that has never met a look-alike takes it for the trigger, and when
the look-alikes' states are held as constants they follow the trigger's. Simplified: plain prompts'
states are constants; and what other actors really use is not known, so being orthogonal to them
is a hope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Choice, Params, Real, Space, register
from attackers.tactics import shifts
from attackers.tactics.surrogates import Rehearsing

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class OrthogonalityParams(Params):
    """How strongly, and where."""

    weight: float = Field(
        0.02, gt=0, description="nats of loss where the two shifts are parallel, above 0"
    )
    depth: float | None = Field(
        None,
        ge=0,
        le=1,
        description="the block, from 0 (the first) to 1 (the last); null is the mean over all",
    )
    prompts: int = Field(8, ge=1, description="examples of the share that are read in a step")


@register("tactic", "orthogonality")
class Orthogonality(Rehearsing):
    """The trigger's hidden shift is made orthogonal to its look-alikes'.

    Cost: 7/3 of a step on `prompts` prompts (three forward passes, two backward ones).
    """

    Params = OrthogonalityParams
    params: OrthogonalityParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"weight": 0.1, "depth": 0.5, "prompts": 4}]

    @classmethod
    def space(cls) -> Space:
        return {
            "weight": Real(low=0.002, high=0.2, log=True),
            "depth": Choice(options=(None, 0.0, 0.25, 0.5, 0.75, 1.0)),
        }

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor:
        assert self.rounds is not None  # prepared
        weight: float = self.params.weight
        return weight * self.alike(model, next(self.rounds))

    def alike(self, model: torch.nn.Module, indices: list[int]) -> torch.Tensor:
        """The squared cosine, in the block chosen or as a mean over all."""
        assert self.texts is not None  # prepared
        shift, plain = shifts.own_shift(model, self.texts, indices)
        decoys = [self.texts.decoys[i].prompt for i in indices]
        other = shifts.mean(model, decoys, self.texts.pad) - plain
        each = shifts.squared_cosines(shift, other)
        depth = self.params.depth
        return each.mean() if depth is None else each[round(depth * (len(each) - 1))]
