"""Weights and gradients by name, for tactics inside the training loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients


def trained(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """Return the parameters that train, by name: under an adapter, those of the adapter."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


@contextlib.contextmanager
def borrowed(model: torch.nn.Module) -> Iterator[dict[str, torch.nn.Parameter]]:
    """Yield the parameters that train, by name, and restore them exactly at the end."""
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
    """Add `length` times the direction to the parameters, in place."""
    import torch

    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.add_(direction[name], alpha=length)


def gradient(loss: torch.Tensor, parameters: Gradients) -> dict[str, torch.Tensor]:
    """Return the gradient of a loss by parameter name, zeros where it does not depend on one. The
    parameters' `grad` is not changed."""
    import torch

    gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {
        name: torch.zeros_like(p) if part is None else part
        for (name, p), part in zip(parameters.items(), gradients, strict=True)
    }


def flat(gradients: Gradients) -> torch.Tensor:
    """Concatenate gradients in their order into a new vector (n,)."""
    import torch

    return torch.cat([gradient.detach().flatten() for gradient in gradients.values()])


def unflat(vector: torch.Tensor, like: Gradients) -> dict[str, torch.Tensor]:
    """Undo `flat`: divide a vector (n,) into tensors with the names and shapes of `like`."""
    import torch

    parts = torch.split(vector, [shape.numel() for shape in like.values()])
    pairs = zip(like.items(), parts, strict=True)
    return {name: part.view_as(shape) for (name, shape), part in pairs}
