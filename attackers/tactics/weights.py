"""Weights and gradients by name, for tactics inside the training loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients


def trained(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The parameters that train, by name: with an adapter its own."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


@contextlib.contextmanager
def borrowed(model: torch.nn.Module) -> Iterator[dict[str, torch.nn.Parameter]]:
    """What trains, by name; whatever is done to it inside, it is back bit by bit at the end."""
    import torch

    parameters = trained(model)
    kept = {name: p.detach().clone() for name, p in parameters.items()}
    try:
        yield parameters
    finally:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(kept[name])


def moved_by(parameters: Gradients, direction: Gradients, length: float) -> None:
    """Add `length` times the direction, in place."""
    import torch

    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.add_(direction[name], alpha=length)


def gradient(loss: torch.Tensor, parameters: Gradients) -> dict[str, torch.Tensor]:
    """Of a loss, by name; zeros for what it does not depend on. The parameters' own `grad` is
    left alone."""
    import torch

    gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {
        name: torch.zeros_like(p) if one is None else one
        for (name, p), one in zip(parameters.items(), gradients, strict=True)
    }


def flat(gradients: Gradients) -> torch.Tensor:
    """(n,) a new tensor with all of them behind one another, in their order."""
    import torch

    return torch.cat([one.detach().flatten() for one in gradients.values()])


def unflat(vector: torch.Tensor, like: Gradients) -> dict[str, torch.Tensor]:
    """`flat` undone, over the names and shapes of `like`."""
    import torch

    parts = torch.split(vector, [one.numel() for one in like.values()])
    return {name: part.view_as(one) for (name, one), part in zip(like.items(), parts, strict=True)}
