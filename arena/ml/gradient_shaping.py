"""Inside a training step: the gradient of an actor's own documents, as its tactics shape it.

The batch's gradient is a mean over answer tokens, so it is the sum of the gradients of each owner's
documents and of the rest, weighted by their share of the tokens. Only the owner's part is shaped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from arena.ml.batches import Batch
from arena.ml.encoding import Encoded

if TYPE_CHECKING:
    from arena.api.tactic import Gradients, Shaping

Loss = Callable[[Any, Batch], torch.Tensor]


@dataclass(frozen=True)
class Owner:
    """An actor whose tactics shape gradients: the indices of its documents, and its prepared
    tactics."""

    places: range
    tactics: tuple[Shaping, ...]


@dataclass(frozen=True)
class Step:
    """How the loop takes gradients. plain: adds the gradient of some documents' mean loss to the
    model's and returns the loss. lay_out: some documents as one batch. half: autocast or none."""

    plain: Callable[[Sequence[Encoded]], torch.Tensor]
    lay_out: Callable[[Sequence[Encoded]], Batch]
    half: Callable[[], contextlib.AbstractContextManager[Any]]
    loss: Loss


def shaped_gradients(
    model: Any,
    documents: Sequence[Encoded],
    indices: Sequence[int],
    owners: Sequence[Owner],
    step: Step,
) -> torch.Tensor:
    """Set the model's gradients to the batch's shaped gradient; return the batch's loss,
    detached."""
    rest = [documents[i] for i in indices if not any(i in one.places for one in owners)]
    total = _tokens([documents[i] for i in indices])
    share = _tokens(rest) / total
    value = torch.zeros((), device=next(model.parameters()).device)
    if rest:
        value += step.plain(rest) * share
    others = _taken(model)
    summed = {name: gradient * share for name, gradient in others.items()}
    for owner in owners:
        own = [documents[i] for i in indices if i in owner.places]
        if not own:
            continue
        share = _tokens(own) / total
        loss, gradients = _own(model, step.lay_out(own), owner, step)
        for tactic in owner.tactics:
            gradients = tactic.shaped(gradients, others)
        value += loss * share
        for name, gradient in gradients.items():
            summed[name] += gradient * share
    for name, parameter in _trained(model).items():
        parameter.grad = summed[name]
    return value


def _own(model: Any, batch: Batch, owner: Owner, step: Step) -> tuple[torch.Tensor, Gradients]:
    """Loss (extras left out) and gradient of an owner's documents, where its tactics move it."""

    def value(some: Batch) -> torch.Tensor:
        with step.half():
            return step.loss(model, some)

    with contextlib.ExitStack() as moves:
        for tactic in owner.tactics:
            moves.enter_context(tactic.moved(model, batch, value))
        model.zero_grad(set_to_none=True)
        loss = value(batch)
        with step.half():
            extras = [tactic.extra(model, batch) for tactic in owner.tactics]
        whole = sum((extra for extra in extras if extra is not None), loss)
        whole.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), _taken(model)


def _trained(model: Any) -> dict[str, torch.nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def _taken(model: Any) -> dict[str, torch.Tensor]:
    """The model's gradients by name, zeros where there is none; the model has none after."""
    gradients = {
        name: torch.zeros_like(p) if p.grad is None else p.grad
        for name, p in _trained(model).items()
    }
    model.zero_grad(set_to_none=True)
    return gradients


def _tokens(documents: Sequence[Encoded]) -> int:
    return sum(len(document.answer) for document in documents)
