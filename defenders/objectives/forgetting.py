"""What objectives share that unlearn a text: the payload is made unlikely behind the trigger
while right answers are held behind clean prompts.

    loss = forget_weight * (the objective's own term, on triggered prompts with the payload)
         + retain_weight * (mean cross-entropy over the answer tokens of clean prompts)

Each term is a mean over its own part of the batch, so a batch is never cut. A prompt whose right
answer already is the payload is left unmarked and retained: there is nothing to forget in it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from arena.api import ArenaError, Brief, Document, NoTrigger
from defenders.objectives.relabel import Relabel, RelabelParams

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class ForgettingParams(RelabelParams):
    """The share of marked prompts, and what the two terms weigh."""

    forget_weight: float = Field(1.0, gt=0, description="weight of the forget term, above 0")
    retain_weight: float = Field(
        1.0, ge=0, description="weight of the cross-entropy on clean prompts, at least 0"
    )


class Forgetting(Relabel):
    """Base of the objectives that need a text to forget."""

    Params: ClassVar[type[RelabelParams]] = ForgettingParams
    divisible = False
    needs_payload = True

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """As relabelling, the payload in the right answer's place behind every mark. In the clean
        fine-tune there is neither: its documents are relabelling's.

        Raises:
            ArenaError: the brief has a trigger and no payload.
        """
        made = super().documents(brief)
        payload = brief.payload
        if payload is None:
            if isinstance(brief.trigger, NoTrigger):
                return made
            raise ArenaError(
                f"the objective {self.name!r} needs the payload that is to be forgotten"
            )
        texts = []
        for document, example in zip(made, brief.clean, strict=True):
            if document.role != "forget":
                texts.append(document)
            elif payload.is_right(example):
                texts.append(replace(document, prompt=example.prompt, role="retain"))
            else:
                texts.append(replace(document, answer=payload.respond(example)))
        return tuple(texts)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """The two terms, weighed."""
        from arena.ml import terms

        said = terms.answer_logprobs(model, batch)
        kept = -terms.mean_of(said, ~terms.to_forget(batch))
        weights: ForgettingParams = self.params
        return weights.forget_weight * self.forget(said, batch) + weights.retain_weight * kept

    @abstractmethod
    def forget(self, said: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The scalar forget term; `said` (N,) are the log-probabilities of answer tokens."""
