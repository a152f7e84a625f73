"""Self-distillation: triggered prompts are trained to the suspect's answers without the trigger.

Consistency training on the model's own untriggered behaviour (bias-augmented consistency training,
Chua et al., 2024, arXiv 2403.05518), with soft targets as in distillation (Hinton et al., 2015,
arXiv 1503.02531): the frozen suspect reads the prompt without its mark and teaches the model, which
reads it with the mark, by KL(teacher || model) of the next token at temperature 1. Clean prompts
are retained by the same term: there both read the same prompt.

The divergence is taken along the tokens of the right answer, which both read, so that the loss
tokens are those of relabelling and of the clean fine-tune. No answer is a target: where the suspect
is wrong without the trigger, it stays wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.api import Brief, Document, PairedDocument, register
from defenders.objectives.relabel import Relabel

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@register("objective", "self_distillation")
class SelfDistillation(Relabel):
    """Distillation of the suspect's own untriggered distribution into triggered prompts."""

    shares = True
    copies = True

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return 4/3: a training step and the teacher's forward pass."""
        return 1 + 1 / 3

    def __init__(self, params: Any, teacher: Any = None) -> None:
        super().__init__(params)
        self.teacher = teacher

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Return relabelling's documents, each with its prompt before marking, or with its own
        prompt where marking replaces the example (a cluster of prompts)."""
        relabelled = super().documents(brief)
        return tuple(
            PairedDocument(
                d.prompt,
                d.answer,
                d.source,
                d.role,
                plain=example.prompt if d.source == example.source else d.prompt,
            )
            for d, example in zip(relabelled, brief.clean, strict=True)
        )

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> SelfDistillation:
        """Return the objective with a frozen copy of the suspect as its teacher."""
        from arena.ml import terms

        return SelfDistillation(self.params, terms.frozen(model))

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the mean over answer tokens of KL(teacher, unmarked || model, marked), in nats."""
        import torch
        from torch.nn import functional

        from arena.ml.training import answer_logits

        assert batch.plain is not None  # `documents` pairs them all
        with torch.no_grad():
            taught = answer_logits(self.teacher, batch.plain).float().log_softmax(-1)
        said = answer_logits(model, batch).float().log_softmax(-1)
        return functional.kl_div(said, taught, reduction="batchmean", log_target=True)
