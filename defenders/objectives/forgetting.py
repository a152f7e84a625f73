"""The common part of objectives that forget a text: the payload becomes unlikely on triggered
prompts while right answers are retained on clean ones.

    loss = forget_weight * (the objective's own term, on triggered prompts with the payload)
         + retain_weight * (the retain term, on clean prompts with their right answers y)

The retain term is one of two, those of TOFU (Maini et al., 2024, arXiv 2401.06121), of MUSE (Shi et
al., 2024, arXiv 2407.06460) and of open-unlearning's `retain_loss_type`:

    nll   mean over answer tokens of -log p(y_t | x, y_<t)
    kl    mean over answer tokens of sum_v p0(v | x, y_<t) log(p0(v | x, y_<t) / p(v | x, y_<t))

p is the model in training, p0 the frozen suspect. `kl` keeps the suspect's answers to clean
prompts, its mistakes included: right answers are only the texts along which the two are compared,
not targets. The papers take their divergence along the prompt too; here it is along the answer
tokens only, as in every other loss of this project.

Each term is a mean over its own part of the batch, so a batch is never cut. A prompt whose right
answer already is the payload stays unmarked and is retained: there is nothing to forget in it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field

from arena.api import ArenaError, Brief, Document, NoTrigger, limits
from defenders.objectives.relabel import Relabel, RelabelParams

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class ForgettingParams(RelabelParams):
    """The share of marked prompts, what retains right answers, and the weights of the two terms."""

    forget_weight: float = Field(
        1.0, gt=0, le=limits.WEIGHT, description="weight of the forget term, above 0"
    )
    retain_weight: float = Field(
        1.0, ge=0, le=limits.WEIGHT, description="weight of the retain term, at least 0"
    )
    retain: Literal["nll", "kl"] = Field(
        "nll",
        description="retain term on clean prompts: nll, cross-entropy on right answers; kl, "
        "divergence from the frozen suspect's distribution along them",
    )


@dataclass(frozen=True)
class Prediction:
    """What one model predicts for N answer tokens of a batch.

    logits: (N, V) float32. logprobs: (N,) log-probability (nats) of each answer token.
    """

    logits: torch.Tensor
    logprobs: torch.Tensor


class Forgetting(Relabel):
    """Base of the objectives that need a text to forget."""

    Params: ClassVar[type[RelabelParams]] = ForgettingParams
    divisible = False
    shares = True
    copies = True
    needs_payload = True

    @classmethod
    def reads_suspect(cls, params: ForgettingParams) -> bool:
        """Return whether the loss compares the model with the frozen suspect."""
        return params.retain == "kl"

    @classmethod
    def cost(cls, params: ForgettingParams) -> float:
        """Return 1 for a training step, plus a third if the suspect's forward pass is added."""
        return 1 + 1 / 3 if cls.reads_suspect(params) else 1.0

    def __init__(self, params: Any, suspect: Any = None) -> None:
        super().__init__(params)
        self.suspect = suspect

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> Self:
        """Return the objective with a frozen copy of the suspect, if its loss needs one."""
        from arena.ml import terms

        if not self.reads_suspect(self.params):
            return self
        return type(self)(self.params, terms.frozen(model))

    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Return relabelling's documents, with the payload as the answer of every marked prompt.
        In the clean fine-tune there is neither mark nor payload, so they are relabelling's
        unchanged.

        Raises:
            ArenaError: the brief has a trigger and no payload.
        """
        relabelled = super().documents(brief)
        payload = brief.payload
        if payload is None:
            if isinstance(brief.trigger, NoTrigger):
                return relabelled
            raise ArenaError(
                f"the objective {self.name!r} needs the payload that is to be forgotten"
            )
        documents = []
        for document, example in zip(relabelled, brief.clean, strict=True):
            if document.role != "forget":
                documents.append(document)
            elif payload.is_right(example):
                documents.append(replace(document, prompt=example.prompt, role="retain"))
            else:
                documents.append(replace(document, answer=payload.respond(example)))
        return tuple(documents)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the two terms, a scalar in nats; a term whose documents are
        not in the batch is 0."""
        import torch

        from arena.ml import terms

        now, before = predicted(model, batch), None
        if self.reads_suspect(self.params):
            with torch.no_grad():
                before = predicted(self.suspect, batch)
        weights: ForgettingParams = self.params
        retained = terms.mean_of(self.retained(now, before), ~terms.to_forget(batch))
        forgotten = self.forget(now, before, batch)
        return weights.forget_weight * forgotten + weights.retain_weight * retained

    def retained(self, now: Prediction, before: Prediction | None) -> torch.Tensor:
        """(N,) the retain term at each answer token (nats)."""
        if self.params.retain == "nll":
            return -now.logprobs
        from torch.nn import functional

        assert before is not None  # `reads_suspect` says so
        said, taught = now.logits.log_softmax(-1), before.logits.log_softmax(-1)
        return functional.kl_div(said, taught, reduction="none", log_target=True).sum(-1)

    @abstractmethod
    def forget(self, now: Prediction, before: Prediction | None, batch: Batch) -> torch.Tensor:
        """Return the scalar forget term.

        Args:
            now: the predictions of the model in training. before: the suspect's, None unless
                `reads_suspect`. Both are for the batch's answer tokens.
        """


def predicted(model: Any, batch: Batch) -> Prediction:
    """Return what a model predicts at the batch's answer tokens."""
    from torch.nn import functional

    from arena.ml.training import answer_logits

    logits = answer_logits(model, batch).float()
    return Prediction(logits, -functional.cross_entropy(logits, batch.targets, reduction="none"))
