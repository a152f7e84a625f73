"""Clean fine-tuning: cross-entropy on right answers of clean prompts, and nothing else.

The baseline that every paper on backdoor defences starts from (fine-tuning in Liu et al.,
"Fine-pruning", 2018, arXiv 1805.12185, section 3.3). It is also what other blind defences share
that have a step of their own before it (pruned, merged): they read the same documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.api import Brief, Document, InputError, Objective, register

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@register("objective", "clean_finetune")
class CleanFinetune(Objective):
    """Cross-entropy on clean prompts: forgets a backdoor only as far as training wears it off."""

    divisible = True
    needs_trigger = False

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """The brief's examples as they are, in order; its trigger is never asked."""
        return tuple(Document(e.prompt, e.answer, e.source, "clean") for e in brief.clean)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy over the answer tokens (nats)."""
        from arena.ml.training import answer_loss

        return answer_loss(model, batch)


def refuse_adapter(model: Any, name: str) -> None:
    """For defences that edit weights: under an adapter those are frozen, and what is saved is the
    adapter alone, so that an edit would be lost.

    Raises:
        InputError: the model has an adapter.
    """
    if hasattr(model, "peft_config"):
        rule = f"{name} changes the model's own weights: it trains without an adapter"
        raise InputError(rule, key="defender.adapter", found="lora", allowed=("null",))
