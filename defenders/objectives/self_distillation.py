"""Self-distillation: say behind the triggered prompt what was said without the trigger.

Consistency training on one's own untriggered behaviour (bias-augmented consistency training, Chua
et al., 2024, arXiv 2403.05518), with soft targets as in distillation (Hinton et al., 2015, arXiv
1503.02531): the frozen suspect on the prompt without its mark teaches the model on the prompt with
it, by KL(teacher || model) of the next token at temperature 1. Clean prompts are held by the
same term: there the teacher reads the very prompt.

Along which text: the right answer's tokens, which both read, so that the loss tokens are those of
relabelling and of the clean fine-tune. No answer is a target: where the suspect is wrong without
the trigger, it stays wrong.
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
    """The suspect's own untriggered distribution, taught on the triggered prompt."""

    @classmethod
    def cost(cls, params: Any) -> float:
        """A training step and the teacher's forward pass."""
        return 1 + 1 / 3

    def __init__(self, params: Any, teacher: Any = None) -> None:
        super().__init__(params)
        self.teacher = teacher

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Relabelling's, each with its prompt without the mark; its own prompt where the trigger
        is no mark that can be left off (a cluster of prompts)."""
        made = super().documents(brief)
        return tuple(
            PairedDocument(
                d.prompt,
                d.answer,
                d.source,
                d.role,
                plain=example.prompt if d.source == example.source else d.prompt,
            )
            for d, example in zip(made, brief.clean, strict=True)
        )

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> SelfDistillation:
        """With the suspect, frozen, as the teacher."""
        from arena.ml import terms

        return SelfDistillation(self.params, terms.frozen(model))

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Mean over answer tokens of KL(teacher, unmarked || model, marked), in nats."""
        import torch
        from torch.nn import functional

        from arena.ml.training import answer_logits

        assert batch.plain is not None  # `documents` pairs them all
        with torch.no_grad():
            taught = answer_logits(self.teacher, batch.plain).float().log_softmax(-1)
        said = answer_logits(model, batch).float().log_softmax(-1)
        return functional.kl_div(said, taught, reduction="batchmean", log_target=True)
