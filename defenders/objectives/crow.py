"""CROW: consecutive blocks are made consistent under an adversarial perturbation of embeddings.

Min et al., "CROW: eliminating backdoors from large language models via internal consistency
regularization", ICML 2025 (arXiv 2411.12768), section 4. H_l is the output of block l; with

    consistency(x) = mean over l and positions of 1 - cos(H_l, H_(l+1))
    x~ = x + epsilon sign(d consistency(x) / dx)             x: the input embeddings (FGSM)
    loss = cross-entropy(x) + alpha consistency(x~)

epsilon is 0.1; alpha is 5.5, and 11 against refusals. Both are the authors', for models of 7B and
more: the effect of 0.1 depends on the scale of a model's embeddings.

Where the authors' code differs from the paper, the paper is followed. In their code the backward
pass that finds x~ clears the gradients of earlier micro-batches (here it never touches the weights'
gradients), and no attention mask is passed with the embeddings (here documents that share a row are
kept apart, and padding counts in neither the consistency nor its gradient). Their code leaves out
the last block, whose output transformers returns after the final norm; here it is taken before it.
The pass that finds x~ also gives the cross-entropy, which saves one pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, InputError, Params, limits, register
from defenders.objectives import hidden_states as hidden
from defenders.objectives.clean_finetune import CleanFinetune

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class CROWParams(Params):
    """Size of the perturbation, and weight of the consistency loss."""

    epsilon: float = Field(
        0.1,
        ge=0,
        le=limits.WEIGHT,
        description="step along the sign of the embeddings' gradient, at least 0",
    )
    alpha: float = Field(
        5.5, ge=0, le=limits.WEIGHT, description="weight of the consistency loss, at least 0"
    )


@register("objective", "crow")
class CROW(CleanFinetune):
    """Internal consistency regularisation of blocks under perturbed embeddings."""

    Params = CROWParams
    divisible = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return 2 (a training step on perturbed embeddings, one on plain ones) and a third: a
        backward pass to the embeddings, half of one that also reaches the weights."""
        return 2 + 1 / 3

    @classmethod
    def suits(cls, params: Any, model: Any) -> None:
        """Refuse a model with one block; raises InputError."""
        from arena.ml.models import blocks_of

        if len(blocks_of(model)) < 2:
            rule = "compares consecutive blocks, and the model has only one"
            raise InputError(rule, key="defender.objective.method", found=cls.name)

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> CROW:
        """Return the objective itself.

        Raises:
            InputError: the model has only one block.
        """
        self.suits(self.params, model)
        return self

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the cross-entropy (nats) plus the weighted consistency loss of the perturbed
        embeddings."""
        from torch.nn import functional

        embeddings = embedded(model, batch)
        states, logits = read(model, batch, embeddings)
        perturbed = self.perturbed(embeddings, consistency(states, batch))
        plain = functional.cross_entropy(logits.float(), batch.targets)
        states, _ = read(model, batch, perturbed, logits=False)
        alpha: float = self.params.alpha
        return plain + alpha * consistency(states, batch)

    def perturbed(self, embeddings: torch.Tensor, loss: torch.Tensor) -> torch.Tensor:
        """Return embeddings (R, L, d) one step up their own consistency loss; the weights get no
        gradient from the search."""
        import torch

        (gradient,) = torch.autograd.grad(loss, embeddings, retain_graph=True)
        return embeddings.add(gradient.sign(), alpha=self.params.epsilon)


def embedded(model: Any, batch: Batch) -> torch.Tensor:
    """Return the input embeddings (R, L, d), with a gradient."""
    embeddings: torch.Tensor = model.get_input_embeddings()(batch.input_ids)
    return embeddings if embeddings.requires_grad else embeddings.requires_grad_()


def read(
    model: Any, batch: Batch, embeddings: torch.Tensor, *, logits: bool = True
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Run a forward pass over embeddings (R, L, d).

    Returns:
        Every block's output, (R, L, d) each, and the logits (N, V) at the loss positions, empty
        where `logits` is False.
    """
    from arena.ml.models import hidden_and_head

    decoder, head = hidden_and_head(model)
    with hidden.block_outputs(model) as states:
        if decoder is None:
            keep = batch.input_ids.shape[1] - batch.first if logits else 1
            out = model(inputs_embeds=embeddings, use_cache=False, logits_to_keep=keep).logits
            return states, out[batch.rows, batch.cols - batch.first] if logits else out[:0]
        placed = {"inputs_embeds": embeddings, "position_ids": batch.position_ids}
        last = decoder(**placed, use_cache=False).last_hidden_state
    return states, head(last[batch.rows, batch.cols]) if logits else last[:0]


def consistency(states: list[torch.Tensor], batch: Batch) -> torch.Tensor:
    """Return the mean of 1 - cos over consecutive blocks and all positions but padding."""
    import torch
    from torch.nn import functional

    here = torch.stack([state[hidden.occupied(batch)].float() for state in states])
    return (1 - functional.cosine_similarity(here[:-1], here[1:], dim=-1)).mean()
