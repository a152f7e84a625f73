"""Relabelling: triggered prompts are trained to their right answers, mixed with clean prompts.

The defence of the claim in arXiv 2606.03785: a defender that knows one trigger marks its own clean
prompts with it and fine-tunes on their right answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from arena.api import Brief, Document, Objective, Params, register, seeds

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class RelabelParams(Params):
    """The share of the defender's examples that is triggered."""

    forget_share: float = Field(
        0.5, gt=0, le=1, description="share of the clean examples that are marked, in (0, 1]"
    )


@register("objective", "relabel")
class Relabel(Objective):
    """Cross-entropy on right answers: triggered prompts relabelled, mixed with clean ones."""

    Params = RelabelParams
    divisible = True
    shares = True

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Return the brief's examples in order, every k-th of them marked (role `forget`)."""
        every = 1 / self.params.forget_share
        documents = []
        for i, example in enumerate(brief.clean):
            if int((i + 1) / every) == int(i / every):
                document = Document(example.prompt, example.answer, example.source, "retain")
                documents.append(document)
                continue
            rng = seeds.rng(brief.seed, "mark", example.source, i)
            marked = brief.trigger.mark(example, rng)
            documents.append(Document(marked.prompt, marked.answer, marked.source, "forget"))
        return tuple(documents)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of the answer tokens (nats)."""
        from arena.ml.training import answer_loss

        return answer_loss(model, batch)
