"""The backdoor is trained to survive an unlearning that the actor simulates.

Tamirisa et al., "Tamper-resistant safeguards for open-weight LLMs" (TAR), ICLR 2025
(arXiv 2408.00761), Algorithm 1 (from memory), with the roles reversed: theirs protects a safeguard
from fine-tuning, here the planted behaviour takes the safeguard's place. In every `every`-th step

    w' = w after `inner_steps` steps of SGD on surrogate unlearning
    the actor's gradient is that of its documents' loss at w'

and in all other steps it is the plain one at w, so the two are mixed over steps. The actor's
surrogate unlearning uses prompts of its share with look-alikes of its trigger and right answers,
since it does not know the other actors' triggers.

Simplified: first order (the gradient at w' is used at w, as in theirs); one kind of attack, whereas
theirs draws from several, each with its own optimiser; the tamper-resistance loss is the plain
cross-entropy after the last inner step only; no loss on representations retains other behaviour,
which is left to the batch's other documents.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Params, Real, Space, Whole, limits, register
from attackers.tactics import weights
from attackers.tactics.surrogates import Rehearsing, Surrogates

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class TamperResistanceParams(Params):
    """The simulated unlearning, and how often it is run."""

    inner_steps: int = Field(
        4, ge=1, le=limits.INNER, description="SGD steps of the simulated unlearning"
    )
    inner_learning_rate: float = Field(
        0.05, gt=0, le=limits.RATE, description="their learning rate, above 0"
    )
    every: int = Field(
        2,
        ge=1,
        le=limits.STEPS,
        description="steps with own documents from one simulation to the next",
    )
    prompts: int = Field(8, ge=1, le=limits.PROMPTS, description="documents of an inner step")


@register("tactic", "tamper_resistance")
class TamperResistance(Rehearsing):
    """The actor's gradient after a simulated unlearning (TAR, arXiv 2408.00761).

    Cost: in every `every`-th step `inner_steps` steps on `prompts` documents.
    """

    Params = TamperResistanceParams
    params: TamperResistanceParams

    def __init__(self, params: Any, texts: Surrogates | None = None) -> None:
        super().__init__(params, texts)
        self.taken = 0  # steps

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"inner_steps": 1, "inner_learning_rate": 0.2, "every": 1, "prompts": 4}]

    @classmethod
    def space(cls) -> Space:
        return {
            "inner_steps": Whole(low=1, high=16, log=True),
            "inner_learning_rate": Real(low=0.005, high=0.5, log=True),
            "every": Whole(low=1, high=4),
        }

    def extra_passes(self, own: float) -> float:
        return self.params.inner_steps * self.params.prompts / self.params.every

    @contextlib.contextmanager
    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> Iterator[None]:
        self.taken += 1
        if (self.taken - 1) % self.params.every:
            yield
            return
        with weights.borrowed(model) as parameters:
            self.unlearn(parameters, loss, own.input_ids.device)
            yield

    def unlearn(
        self,
        parameters: dict[str, torch.nn.Parameter],
        loss: Callable[[Batch], torch.Tensor],
        device: torch.device,
    ) -> None:
        """Change the parameters in place by the simulated unlearning."""
        assert self.texts is not None
        assert self.rounds is not None
        for _ in range(self.params.inner_steps):
            batch = self.texts.removal(next(self.rounds), device)
            down = weights.gradient(loss(batch), parameters)
            weights.moved_by(parameters, down, -self.params.inner_learning_rate)
