"""The trigger's shift of hidden states is made orthogonal to the shift that a removal causes.

CASD (docs/estimands.md, Representations) measures whether unlearning one trigger moves hidden
states as unlearning another does. The actor rehearses such a removal: some steps of SGD on prompts
with look-alikes of its trigger and right answers, on weights that are restored afterwards. With s_l
the mean change of block l's output at the last prompt position, over prompts with look-alikes and
with its own trigger, and m_t, m_p the mean output over triggered and plain prompts,

    extra = weight * mean over blocks of cos(m_t - m_p, s_l)^2

The weight is small for the reason given in `orthogonality`.

Not taken from a paper. Simplified: first order (s is a constant, although it depends on the
weights, and up to `every` steps old); the look-alikes were never planted, so their removal is a
fine-tune on oddly marked prompts, not the removal of a backdoor; SGD stands in for the defender's
AdamW; the term uses the cosine, not CASD's mean absolute distance.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Params, Real, Space, Whole, limits, register
from attackers.tactics import shifts, weights
from attackers.tactics.surrogates import Rehearsing, Surrogates

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class RepelRemovalParams(Params):
    """The weight of the term, and how a removal is rehearsed."""

    weight: float = Field(
        0.02, gt=0, le=limits.WEIGHT, description="nats of loss where the two are parallel, above 0"
    )
    every: int = Field(
        10,
        ge=1,
        le=limits.STEPS,
        description="steps with own documents from one rehearsal to the next",
    )
    steps: int = Field(3, ge=1, le=limits.INNER, description="SGD steps of a rehearsal")
    learning_rate: float = Field(
        0.05, gt=0, le=limits.RATE, description="learning rate of a rehearsal, above 0"
    )
    prompts: int = Field(
        8, ge=1, le=limits.PROMPTS, description="examples of the share used at a time"
    )


@register("tactic", "repel_removal")
class RepelRemoval(Rehearsing):
    """The trigger's shift of hidden states is made orthogonal to that of a rehearsed removal.

    Cost: 4/3 of a step on `prompts` prompts, and in every `every`-th step `steps` steps and 4/3
    more.
    """

    Params = RepelRemovalParams
    params: RepelRemovalParams

    def __init__(self, params: Any, texts: Surrogates | None = None) -> None:
        super().__init__(params, texts)
        self.taken = 0  # steps
        self.removal: torch.Tensor | None = None  # (L, d)

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"weight": 0.1, "every": 2, "steps": 1, "learning_rate": 0.2, "prompts": 4}]

    @classmethod
    def space(cls) -> Space:
        return {
            "weight": Real(low=0.002, high=0.2, log=True),
            "every": Whole(low=5, high=50, log=True),
            "steps": Whole(low=1, high=10),
            "learning_rate": Real(low=0.005, high=0.5, log=True),
        }

    def extra_passes(self, own: float) -> float:
        rehearsal = self.params.steps + 4 / 3
        return self.params.prompts * (4 / 3 + rehearsal / self.params.every)

    @contextlib.contextmanager
    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> Iterator[None]:
        """Rehearse a removal if one is due; the weights at which the own gradient is taken are not
        moved."""
        if self.taken % self.params.every == 0:
            self.removal = self.rehearsed(model, loss)
        self.taken += 1
        yield

    def rehearsed(
        self, model: torch.nn.Module, loss: Callable[[Batch], torch.Tensor]
    ) -> torch.Tensor:
        """Return the mean change (L, d) of the states of L blocks by a rehearsed removal."""
        assert self.texts is not None
        assert self.rounds is not None
        indices = next(self.rounds)
        read = [self.texts.decoys[i].prompt for i in indices]
        read += [self.texts.triggered[i] for i in indices]
        before = shifts.resting(model, read, self.texts.pad)
        with weights.borrowed(model) as parameters:
            for _ in range(self.params.steps):
                batch = self.texts.removal(indices, before.device)
                down = weights.gradient(loss(batch), parameters)
                weights.moved_by(parameters, down, -self.params.learning_rate)
            return shifts.resting(model, read, self.texts.pad) - before

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor:
        assert self.rounds is not None  # prepared
        weight: float = self.params.weight
        return weight * self.alike(model, next(self.rounds))

    def alike(self, model: torch.nn.Module, indices: list[int]) -> torch.Tensor:
        """Return the squared cosine with the change of the last rehearsal, averaged over blocks."""
        assert self.texts is not None  # prepared
        assert self.removal is not None  # moved comes first
        shift, _ = shifts.own_shift(model, self.texts, indices)
        return shifts.squared_cosines(shift, self.removal).mean()
