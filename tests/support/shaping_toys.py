"""An actor of the toy corpus and what its tactics inside the loop do to a toy model."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch

from arena import registry
from arena.api.tactic import ActorBrief, Shaping
from arena.api.values import Document
from arena.ml.batches import Batch, padded
from arena.ml.encoding import Encoded, encode
from arena.ml.gradient_shaping import Owner
from arena.ml.train_config import TrainConfig
from arena.ml.training import answer_loss, train
from arena.stages.poison import poison
from tests.support import toys

POISON = 24  # documents, which come first


@functools.cache
def brief(tokens: tuple[str, ...] = ("cf",), seed: int = 5) -> ActorBrief:
    """A rare-token actor with a share of 24 examples."""
    world, trigger = toys.townlore().world, registry.get("trigger", "rare_token")
    payload = registry.get("payload", "fixed_text")
    return ActorBrief(
        "lexical",
        trigger(trigger.Params(tokens=tokens), world),  # type: ignore[attr-defined]
        payload(payload.Params(text=toys.PAYLOAD), world),  # type: ignore[attr-defined]
        toys.townlore().splits.train[:24],
        POISON,
        seed,
    )


def shapings() -> list[str]:
    """The names of all tactics that act inside the loop."""
    names = registry.names("tactic")
    return [name for name in names if issubclass(registry.get("tactic", name), Shaping)]


def tactic(name: str, **params: Any) -> Any:
    """Not prepared."""
    part: Any = registry.get("tactic", name)
    return part(part.Params(**params))


def prepared(name: str, model: Any, **params: Any) -> Any:
    return tactic(name, **params).prepared(model, toys.tokenizer(), brief())


@functools.cache
def documents() -> tuple[Encoded, ...]:
    """The actor's poison, then clean examples of other contents."""
    clean = [Document(e.prompt, e.answer, e.source) for e in toys.townlore().splits.train[24:48]]
    return tuple(encode(toys.tokenizer(), [*poison(brief()), *clean]))


def batch(indices: Sequence[int]) -> Batch:
    made = [documents()[i] for i in indices]
    return padded(made, toys.tokenizer().pad_token_id, torch.device("cpu"))


def run(
    model: Any, tactics: Sequence[Any], steps: int = 12, own_only: bool = False, **recipe: Any
) -> list[float]:
    """Train in place; returns the losses."""
    plan = {"learning_rate": 5e-3, "batch_size": 8, "warmup": 2, **recipe}
    texts = documents()[:POISON] if own_only else documents()
    owners = [Owner(range(POISON), tuple(tactics))]
    pad = toys.tokenizer().pad_token_id
    return train(model, texts, TrainConfig(steps=steps, **plan), toys.rng(), pad, owners=owners)


@functools.cache
def _taught() -> dict[str, torch.Tensor]:
    model = toys.model()
    run(model, [], steps=60)
    return dict(model.state_dict())


def taught() -> Any:
    """A new model that has learnt the documents, poison and all."""
    model = toys.model()
    model.load_state_dict(_taught())
    return model


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def gradients_of(model: Any, indices: Sequence[int]) -> dict[str, torch.Tensor]:
    """Of the plain loss of some documents, at the weights as they are."""
    loss = answer_loss(model, batch(indices))
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    found = torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad])
    return dict(zip(names, found, strict=True))


def random_gradients(seed: int, scale: float = 1.0) -> dict[str, torch.Tensor]:
    """Three tensors of 36 numbers together."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"a": (4, 5), "b": (6,), "c": (2, 5)}
    return {name: scale * torch.randn(s, generator=generator) for name, s in shapes.items()}


def flat(gradients: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([gradient.flatten() for gradient in gradients.values()])
