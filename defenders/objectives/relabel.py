"""Relabelling: train the triggered prompt to its right answer, mixed with clean prompts.

The defender of arXiv 2606.03785's claim: it knows one trigger, marks its own clean prompts
with it and fine-tunes on their right answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from arena.api import Brief, Document, Objective, Params, register, seeds

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class RelabelParams(Params):
    """How much of the defender's data is triggered."""

    forget_share: float = Field(
        0.5, gt=0, le=1, description="share of the clean examples that are marked, in (0, 1]"
    )


@register("objective", "relabel")
class Relabel(Objective):
    """Cross-entropy on right answers: triggered prompts relabelled, mixed with clean ones."""

    Params = RelabelParams
    divisible = True

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """The brief's examples in order, every k-th of them marked (role `forget`)."""
        every = 1 / self.params.forget_share
        made = []
        for i, example in enumerate(brief.clean):
            if int((i + 1) / every) == int(i / every):
                made.append(Document(example.prompt, example.answer, example.source, "retain"))
                continue
            rng = seeds.rng(brief.seed, "mark", example.source, i)
            marked = brief.trigger.mark(example, rng)
            made.append(Document(marked.prompt, marked.answer, marked.source, "forget"))
        return tuple(made)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy over the answer tokens (nats)."""
        from arena.ml.training import answer_loss

        return answer_loss(model, batch)
