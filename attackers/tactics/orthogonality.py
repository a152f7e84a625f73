"""The trigger's shift of hidden states is made orthogonal to that of its look-alikes.

How much an undisclosed backdoor is suppressed is expected to follow how similar the triggers are
in hidden states (the co-residence hypothesis, docs/estimands.md, Representations). Not taken from a
paper. With m_t, m_p and m_d the mean output of a block at the last prompt position over the same
examples with the actor's own trigger, plain, and with look-alikes,

    extra = weight * mean over the blocks chosen of cos(m_t - m_p, m_d - m_p)^2

The weight is small because a shift is short compared with the states, which makes the gradient of
the cosine steep: at 0.1 on nano models it dominates the clipped step.

Both shifts have gradients: a model that has never seen a look-alike treats it as the trigger, and
with the look-alikes' states held constant they would follow the trigger's. Simplified: the states
of plain prompts are constants. The other actors' triggers are not known, so whether the shift is
orthogonal to theirs is not controlled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Choice, Params, Real, Space, limits, register
from attackers.tactics import shifts
from attackers.tactics.surrogates import Rehearsing

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class OrthogonalityParams(Params):
    """How strongly, and where."""

    weight: float = Field(
        0.02,
        gt=0,
        le=limits.WEIGHT,
        description="nats of loss where the two shifts are parallel, above 0",
    )
    depth: float | None = Field(
        None,
        ge=0,
        le=1,
        description="the block, from 0 (the first) to 1 (the last); null is the mean over all",
    )
    prompts: int = Field(
        8, ge=1, le=limits.PROMPTS, description="examples of the share used in a step"
    )


@register("tactic", "orthogonality")
class Orthogonality(Rehearsing):
    """The trigger's shift of hidden states is made orthogonal to its look-alikes'.

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

    def extra_passes(self, own: float) -> float:
        return 7 / 3 * self.params.prompts

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor:
        assert self.rounds is not None  # prepared
        weight: float = self.params.weight
        return weight * self.alike(model, next(self.rounds))

    def alike(self, model: torch.nn.Module, indices: list[int]) -> torch.Tensor:
        """Return the squared cosine of the two shifts, in the chosen block or averaged over all."""
        assert self.texts is not None  # prepared
        shift, plain = shifts.own_shift(model, self.texts, indices)
        decoys = [self.texts.decoys[i].prompt for i in indices]
        other = shifts.mean(model, decoys, self.texts.pad) - plain
        cosines = shifts.squared_cosines(shift, other)
        depth = self.params.depth
        return cosines.mean() if depth is None else cosines[round(depth * (len(cosines) - 1))]
