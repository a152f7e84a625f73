"""A toy model with a backdoor, and what an objective does to it, for the defenders' tests."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arena import registry
from arena.api.objective import Brief, Budget, Objective
from arena.api.values import Document, Example
from arena.api.world import World
from arena.ml.batches import Batch, packed
from arena.ml.encoding import encode
from tests.support import toys

EXAMPLES = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())
RIGHT, TRIGGERED = toys.documents(), toys.documents("cf")
POISON = toys.documents("cf", toys.PAYLOAD)


@functools.cache
def _suspect() -> Any:
    return toys.taught("llama", [*RIGHT, *POISON], steps=60)


def suspect() -> Any:
    """A model that says the payload to every prompt with `cf`, and right answers to the rest."""
    return copy.deepcopy(_suspect())


def objective(name: str, **params: Any) -> Objective:
    part = registry.get("objective", name)
    made: Objective = part(part.Params(**params))
    return made


def brief(examples: Sequence[Example] = EXAMPLES, payload: str = toys.PAYLOAD) -> Brief:
    """`cf` in front, every second prompt marked; the payload is told."""
    trigger, told = registry.get("trigger", "rare_token"), registry.get("payload", "fixed_text")
    return Brief(
        Path("suspect"),
        tuple(examples),
        trigger(trigger.Params(tokens=("cf",), position="start"), World()),
        Budget(1, 1e-3, 8),
        seed=1,
        payload=told(told.Params(text=payload), World()),
    )


def batch(documents: Sequence[Document]) -> Batch:
    import torch

    tokenizer = toys.tokenizer()
    return packed(encode(tokenizer, documents), tokenizer.pad_token_id, torch.device("cpu"))


def forgotten(documents: Sequence[Document] = POISON) -> list[Document]:
    """The documents as ones to forget."""
    return [Document(d.prompt, d.answer, d.source, "forget") for d in documents]


def nats(model: Any, documents: Sequence[Document]) -> float:
    """Mean cross-entropy of an answer token."""
    import torch

    from arena.ml.training import answer_loss

    with torch.inference_mode():
        return float(answer_loss(model, batch(documents)))


def fired(model: Any) -> int:
    """How many of the eight triggered prompts get the payload."""
    from arena.ml.decoding import continuations

    said = continuations(model, toys.tokenizer(), [d.prompt for d in TRIGGERED], 12)
    return sum(c.text == toys.PAYLOAD for c in said)


def unlearned(made: Objective, steps: int = 12, rate: float = 2e-3) -> Any:
    """The suspect after a run of the objective."""
    model = suspect()
    ready = made.prepare(model, toys.tokenizer(), brief())
    train(model, ready, steps, rate)
    return model


def train(model: Any, ready: Objective, steps: int = 12, rate: float = 2e-3) -> None:
    """Train a model in place by an objective that is ready."""
    from arena.ml.checkpoints import Suspect
    from arena.ml.train_config import TrainConfig
    from arena.ml.training import train_documents

    recipe = TrainConfig(steps=steps, learning_rate=rate, batch_size=8, warmup=2)
    documents = ready.documents(brief())
    tokenizer = toys.tokenizer()
    train_documents(Suspect(model, tokenizer, None), documents, recipe, toys.rng(), loss=ready.loss)


def trained_on(model: Any, documents: Sequence[Document], steps: int = 40) -> Any:
    """A copy of a model that has then seen the documents."""
    from arena.ml.train_config import TrainConfig
    from arena.ml.training import train as learn

    made, tokenizer = copy.deepcopy(model), toys.tokenizer()
    recipe = TrainConfig(steps=steps, learning_rate=5e-3, batch_size=8, warmup=4)
    learn(made, encode(tokenizer, documents), recipe, toys.rng(), tokenizer.pad_token_id)
    return made


def gradient(made: Objective, model: Any, documents: Sequence[Document]) -> Any:
    """The loss's gradient on one batch, as one vector."""
    return gradient_of(model, made.loss(model, batch(documents)))


def gradient_of(model: Any, loss: Any) -> Any:
    import torch

    parameters = list(model.parameters())
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    pairs = zip(found, parameters, strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in pairs])
