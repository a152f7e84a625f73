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
    """What a defender may spend: optimiser steps on `batch_size` documents each."""

    steps: int
    learning_rate: float
    batch_size: int


@dataclass(frozen=True)
class Brief:
    """Everything that a defender receives.

    Attributes:
        model: folder of the suspect's checkpoint.
        clean: clean examples with their right answers.
        trigger: an object that marks prompts; NoTrigger where none is disclosed.
        payload: what the trigger makes the model say, for objectives that need a text to forget;
            None in the clean fine-tune.
        base: folder of a clean checkpoint of the same architecture, for objectives that need one.
    """

    model: Path
    clean: tuple[Example, ...]
    trigger: Trigger
    budget: Budget
    seed: int
    payload: Payload | None = None
    base: Path | None = None


class Objective(ABC):
    """A defence: an edit of the weights, the documents to train on, and the loss of a batch.

    There is one training loop (arena.ml.training), which takes the loss from here. A brief with
    NoTrigger asks for the clean fine-tune where an objective needs a trigger; the loop then uses
    plain cross-entropy on the documents, whatever the objective's own loss is.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # Whether the loss is a mean over answer tokens. The gradients of parts of a batch then add up
    # to that of the whole, so a batch may be cut into parts, which saves padding and memory.
    divisible: ClassVar[bool] = False
    # Whether the loss reads the model through `answer_logits` alone. What all prompts of a batch
    # begin with (a chat template's system turn) is then computed once a row, and the model may be
    # compiled (torch.compile). Not inherited by a class with a loss of its own, which may read
    # hidden states: it says so itself.
    shares: ClassVar[bool] = False
    # What the brief must contain: a trigger (without one the defence is blind), the target's
    # payload (a text to forget), a clean checkpoint of the same architecture.
    needs_trigger: ClassVar[bool] = True
    needs_payload: ClassVar[bool] = False
    needs_base: ClassVar[bool] = False
    # Whether the defence changes weights outside training (`edit`): `steps: 0` is then allowed.
    edits: ClassVar[bool] = False
    # Whether `prepare` may copy the suspect, which takes all weights in one process.
    copies: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "loss" in vars(cls) and "shares" not in vars(cls):
            cls.shares = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return the cost of one step, in plain training steps on the same number of documents (a
        forward pass counts as a third of one). Compute budgets use it, and a test checks it in
        FLOPs."""
        return 1.0

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Return the parameter sets that the contract tests try, as YAML would have them."""
        return [{}]

    @classmethod
    def suits(cls, params: Any, model: torch.nn.Module) -> None:
        """Refuse a model that the defence cannot work on. Called for every defence of a scenario
        before anything starts; the model may have shapes without weights (device `meta`). Blocks
        that the defence leaves as they are (`layers`) have `requires_grad` off.

        Raises:
            InputError: the model lacks what the defence needs; the key begins with
                `defender.objective`, wherever in the scenario the defence is.
        """

    def __init__(self, params: Any) -> None:
        self.params = params

    @abstractmethod
    def documents(self, brief: Brief) -> tuple[Document, ...]:
        """Return the training texts. Their order does not depend on the brief's trigger, so that
        the clean fine-tune and the shams see the same prompts in the same batches."""

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> Objective:
        """Return the objective whose loss a run uses: itself, or a copy that holds what the loss
        needs (a frozen suspect, a random direction). Called before the first step; it changes
        neither the model nor torch's global random state."""
        return self

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Change the model in place, after `prepare` and before the first step: prune, merge or
        re-initialise weights. Nothing by default; a defence that does sets `edits`."""

    @abstractmethod
    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the scalar loss of one batch, in nats where it is a likelihood. The training loop
        calls it on the objective that `prepare` returned."""
