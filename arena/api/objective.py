"""The role of a defence: what it changes, which documents it trains on, the loss on a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from arena.api.params import Params
from arena.api.payload import Payload
from arena.api.trigger import Trigger
from arena.api.values import Document, Example

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@dataclass(frozen=True)
class Budget:
    """What a defender may spend: optimiser steps of `batch_size` documents."""

    steps: int
    learning_rate: float
    batch_size: int


@dataclass(frozen=True)
class Brief:
    """All a defender is given: the suspect model, clean examples and, when the trigger is
    disclosed, an object that marks any prompt. `payload`, what the trigger makes the model
    say, is there for objectives that need a text to forget, except in the clean fine-tune;
    `base`, a clean checkpoint of the same architecture, for those that need one."""

    model: Path
    clean: tuple[Example, ...]
    trigger: Trigger
    budget: Budget
    seed: int
    payload: Payload | None = None
    base: Path | None = None


class Objective(ABC):
    """A defence: what it changes at once, which documents it trains on, the loss on a batch.

    The training loop exists once (arena.ml.training) and takes the loss from here. Where a
    trigger is needed, a brief with NoTrigger means the clean fine-tune, which is the same for
    all: plain cross-entropy on the documents, whatever the objective's own loss is.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # Whether the loss is a mean over answer tokens: then a batch may be cut into parts, which
    # saves padding and memory, and their gradients add up to the same.
    divisible: ClassVar[bool] = False
    # What the brief must hold: a trigger (else the defence is blind), the target's payload (a
    # text to forget), a clean checkpoint of the same architecture.
    needs_trigger: ClassVar[bool] = True
    needs_payload: ClassVar[bool] = False
    needs_base: ClassVar[bool] = False
    # Whether there is anything left without training: `steps: 0` is then allowed.
    edits: ClassVar[bool] = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """Work of one step, in plain training steps on as many documents (a forward pass is a
        third of one): what a compute budget counts, and a test measures in FLOPs."""
        return 1.0

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    def __init__(self, params: Any) -> None:
        self.params = params

    @abstractmethod
    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Training texts, in an order that does not depend on the brief's trigger, so that
        the clean fine-tune and the shams see the same prompts in the same batches."""

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> Objective:
        """The objective whose loss one run takes, asked for before its first step: itself, or
        one that also holds what the loss compares with (a frozen copy of the suspect, a random
        direction). The model is left alone, and so is torch's global randomness."""
        return self

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Change the model in place, after `prepare` and before the first step: weights pruned,
        merged or drawn anew. Nothing unless a defence says so (and sets `edits`)."""

    @abstractmethod
    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Scalar loss of one batch; runs inside the shared loop, on what `prepare` gave."""
