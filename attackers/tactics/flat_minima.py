"""The backdoor is trained into a flat minimum, where small changes of the weights do not remove it.

Foret et al., "Sharpness-aware minimization" (SAM), ICLR 2021 (arXiv 2010.01412), equations 2 and 3:
with g the gradient of the loss of the actor's own documents, the step's gradient is the one at

    w + rho g / ||g||_2                                        over all trained weights

Their rho is 0.05 on CIFAR. Only the gradient of the actor's own documents is taken there, not that
of the whole batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Params, Real, Shaping, Space, limits, register
from attackers.tactics import weights

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class FlatMinimaParams(Params):
    """How wide the minimum should be."""

    rho: float = Field(
        0.05,
        gt=0,
        le=limits.WEIGHT,
        description="length of the step uphill, over all trained weights, above 0",
    )


@register("tactic", "flat_minima")
class FlatMinima(Shaping):
    """The actor's gradient taken a step uphill, for a flat minimum (SAM, arXiv 2010.01412).

    Cost: one more step's work on the actor's documents.
    """

    Params = FlatMinimaParams
    params: FlatMinimaParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"rho": 0.5}]

    @classmethod
    def space(cls) -> Space:
        return {"rho": Real(low=0.01, high=2.0, log=True)}

    def extra_passes(self, own: float) -> float:
        return own

    @contextlib.contextmanager
    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> Iterator[None]:
        with weights.borrowed(model) as parameters:
            up = weights.gradient(loss(own), parameters)
            length = float(weights.flat(up).norm())
            if length > 0:
                weights.moved_by(parameters, up, self.params.rho / length)
            yield
