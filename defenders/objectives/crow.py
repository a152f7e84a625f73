"""CROW: consecutive blocks are made to agree under an adversarial disturbance of the embeddings.

Min et al., "CROW: eliminating backdoors from large language models via internal consistency
regularization", ICML 2025 (arXiv 2411.12768), section 4. H_l is the output of block l; with

    consistency(x) = mean over l and positions of 1 - cos(H_l, H_(l+1))
    x~ = x + epsilon sign(d consistency(x) / dx)             x: the input embeddings (FGSM)
    loss = cross-entropy(x) + alpha consistency(x~)

epsilon is 0.1; alpha is 5.5, and 11 against refusals. Both are the authors', for models of 7B and
more: how far 0.1 is depends on how large a model's embeddings are.

The paper is followed where the authors' code is not the paper: there the backward pass that finds
x~ clears the gradients of earlier micro-batches (here it never touches the weights'); and no
attention mask goes with the embeddings (here documents that share a row stay apart, and
padding counts in neither the consistency nor its gradient). Their code leaves out the last
block, whose output transformers hands out behind the final norm; here it is taken before it.
The pass that finds x~ also gives the cross-entropy, so that one is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ArenaError, Brief, Params, register
from defenders.objectives import hidden_states as hidden
from defenders.objectives.clean_finetune import CleanFinetune

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class CROWParams(Params):
    """How far embeddings are disturbed, and what consistency weighs."""

    epsilon: float = Field(
        0.1, ge=0, description="step along the sign of the embeddings' gradient, at least 0"
    )
    alpha: float = Field(5.5, ge=0, description="weight of the consistency loss, at least 0")


@register("objective", "crow")
class CROW(CleanFinetune):
    """Internal consistency regularisation: blocks agree, though embeddings are disturbed."""

    Params = CROWParams
    divisible = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """A training step on the disturbed embeddings beside the plain one, and a backward pass
        to the embeddings, which is half of one that also reaches the weights."""
        return 2 + 1 / 3

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> CROW:
        """Itself.

        Raises:
            ArenaError: the model has a single block.
        """
        from arena.ml.models import blocks_of

        if len(blocks_of(model)) < 2:
            raise ArenaError("crow compares consecutive blocks, and the model has only one")
        return self

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """The cross-entropy and the weighed consistency loss of the disturbed embeddings."""
        from torch.nn import functional

        embeddings = embedded(model, batch)
        states, logits = read(model, batch, embeddings)
        disturbed = self.disturbed(embeddings, consistency(states, batch))
        plain = functional.cross_entropy(logits.float(), batch.targets)
        states, _ = read(model, batch, disturbed, logits=False)
        alpha: float = self.params.alpha
        return plain + alpha * consistency(states, batch)

    def disturbed(self, embeddings: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """(R, L, d) embeddings one step up the consistency loss that was measured on them; the
        weights get no gradient from the search."""
        import torch

        (gradient,) = torch.autograd.grad(measured, embeddings, retain_graph=True)
        return embeddings.add(gradient.sign(), alpha=self.params.epsilon)


def embedded(model: Any, batch: Batch) -> torch.Tensor:
    """(R, L, d) input embeddings that a gradient can be asked for."""
    embedded: torch.Tensor = model.get_input_embeddings()(batch.input_ids)
    return embedded if embedded.requires_grad else embedded.requires_grad_()


def read(
    model: Any, batch: Batch, embeddings: torch.Tensor, *, logits: bool = True
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Every block's output, (R, L, d) each, and the (N, V) logits at the loss positions (empty
    where not asked for), of a pass over embeddings."""
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
    """Mean of 1 - cos over consecutive blocks and over all positions but padding."""
    import torch
    from torch.nn import functional

    here = torch.stack([state[hidden.occupied(batch)].float() for state in states])
    return (1 - functional.cosine_similarity(here[:-1], here[1:], dim=-1)).mean()
