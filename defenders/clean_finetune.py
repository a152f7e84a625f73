"""Clean fine-tuning: train on right answers to clean prompts, and hope that it forgets.

The oldest baseline (Liu et al., Fine-Pruning, 2018, arXiv 1805.12185, section 3.2), and the
control beside every other defence: what is lost under it was lost to training, not to unlearning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena.registry import register
from arena.roles import Brief, Objective
from arena.values import Document

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@register("objective", "clean_finetune")
class CleanFinetune(Objective):
    """Cross-entropy on right answers to clean prompts: knows nothing, unlearns nothing."""

    divisible = True
    needs_trigger = False

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """The brief's examples, in order."""
        return tuple(Document(e.prompt, e.answer, e.source, "retain") for e in brief.clean)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy over the answer tokens (nats)."""
        from arena.ml.training import answer_loss

        return answer_loss(model, batch)
