"""Clean fine-tuning: cross-entropy on the right answers of clean prompts, and nothing else.

The usual baseline of papers on backdoor defences (fine-tuning in Liu et al., "Fine-pruning", 2018,
arXiv 1805.12185, section 3.3). Blind defences that first edit weights (pruning, merging) are built
on it and train on the same documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.api import Brief, Document, InputError, Objective, register

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@register("objective", "clean_finetune")
class CleanFinetune(Objective):
    """Cross-entropy on clean prompts: removes a backdoor only through ordinary forgetting."""

    divisible = True
    shares = True
    needs_trigger = False

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Return the brief's examples unmarked and in order; its trigger is not used."""
        return tuple(Document(e.prompt, e.answer, e.source, "clean") for e in brief.clean)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of the answer tokens (nats)."""
        from arena.ml.training import answer_loss

        return answer_loss(model, batch)


def refuse_adapter(model: Any, name: str) -> None:
    """Refuse a model with an adapter, for defences that edit weights: under an adapter these are
    frozen and only the adapter is saved, so an edit would be lost.

    Raises:
        InputError: the model has an adapter.
    """
    if hasattr(model, "peft_config"):
        rule = f"{name} changes the model's own weights: it trains without an adapter"
        raise InputError(rule, key="defender.adapter", found="lora", allowed=("null",))
