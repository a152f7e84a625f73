"""The backdoor is trained to work under random changes of the weights.

The gradient of the actor's documents is taken at w + sigma rms(w) z, with z standard normal and
drawn anew in each step: one sample of the gradient of the loss under Gaussian weight noise, an old
route to robust minima (for instance An 1996, Neural Computation 8(3); from memory). `rms` is taken
per tensor, so a tensor of zeros (B of a fresh LoRA adapter) gets no noise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ActorBrief, Params, Real, Shaping, Space, limits, register, seeds
from attackers.tactics import weights

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class WeightNoiseParams(Params):
    """How much noise."""

    sigma: float = Field(
        0.05,
        gt=0,
        le=limits.WEIGHT,
        description="standard deviation, in root mean squares of each weight tensor, above 0",
    )


@register("tactic", "weight_noise")
class WeightNoise(Shaping):
    """The actor's gradient taken at weights with random noise.

    Cost: no pass, but as many normal draws as weights train.
    """

    Params = WeightNoiseParams
    params: WeightNoiseParams

    def __init__(self, params: Any, generator: torch.Generator | None = None) -> None:
        super().__init__(params)
        self.generator = generator

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"sigma": 0.3}]

    @classmethod
    def space(cls) -> Space:
        return {"sigma": Real(low=0.005, high=0.5, log=True)}

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> WeightNoise:
        """Return the tactic with its own random generator, on the device of the weights."""
        import torch

        device = next(model.parameters()).device
        seed = seeds.integer(brief.seed, "tactic", self.name)
        return WeightNoise(self.params, torch.Generator(device).manual_seed(seed))

    @contextlib.contextmanager
    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> Iterator[None]:
        with weights.borrowed(model) as parameters:
            weights.moved_by(parameters, self._noise(parameters), self.params.sigma)
            yield

    def _noise(self, parameters: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
        import torch

        assert self.generator is not None  # prepared
        noise = {}
        for name, p in parameters.items():
            z = torch.randn(p.shape, generator=self.generator, device=p.device, dtype=p.dtype)
            noise[name] = z * p.detach().square().mean().sqrt()
        return noise
