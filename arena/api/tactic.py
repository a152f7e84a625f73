"""The roles of evasion tactics: what an attacker does beyond its trigger and payload.

A tactic is one class with `@register("tactic", name)`, of one of four kinds by where it acts. An
actor may have several of any kind:

    Setting   sets a key in the actor's own section of the scenario
    Texts     writes documents beside the poison (negatives), which count in the actor's budget
    Arrival   schedules the actor's documents within its stage of training
    Shaping   changes the gradient of the actor's documents, inside the training loop

An attacker that only supplies data can use the first three. The fourth needs one that computes its
own gradients: it trains the checkpoint (`sequential`, `merged`, `supply_chain`), or is a client of
pooled training.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from arena.api.params import Params
from arena.api.payload import Payload
from arena.api.ranges import Range, Space
from arena.api.trigger import Trigger
from arena.api.values import Document, Example

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch

    Gradients = Mapping[str, torch.Tensor]  # by parameter name, trainable parameters only

# Compositions in which each actor trains by itself.
APART = ("sequential", "merged", "supply_chain")


def at_path(section: object, *path: object) -> object:
    """Return the value at a path of keys in a section of YAML; None where the path breaks off."""
    for key in path:
        section = section.get(key) if isinstance(section, Mapping) else None
    return section


@dataclass(frozen=True)
class ActorBrief:
    """Everything that a threat actor receives: its own share, and nothing about the other actors.

    Attributes:
        share: its clean examples, sources disjoint from every other actor's.
        count: how many poisoned documents to make.
        seed: the actor's own; the same brief always gives the same poison.
    """

    name: str
    trigger: Trigger
    payload: Payload
    share: tuple[Example, ...]
    count: int
    seed: int


@dataclass(frozen=True)
class Scene:
    """The surroundings against which a tactic is checked; no file is read.

    Attributes:
        stage, composition: as in the scenario, for this actor.
        trigger, payload: the method of its trigger, the kind of its payload.
        capabilities: those of the corpus.
    """

    stage: str
    composition: str
    trigger: str
    payload: str
    capabilities: frozenset[str]


class Tactic(ABC):
    """Base of all tactics; built from its parameters, plain and picklable."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Return the parameter sets that the contract tests try, as YAML would have them."""
        return [{}]

    @classmethod
    @abstractmethod
    def space(cls) -> Space:
        """Return, by name, the ranges of the parameters that a search chooses."""

    @classmethod
    def instead(cls) -> Mapping[str, tuple[str, Range]]:
        """Return, by name, parameters that a scenario may search or set in place of one in `space`.
        Each maps to the parameter that it replaces and to its own range."""
        return {}

    @classmethod
    def check(cls, params: Any, scene: Scene) -> None:
        """Raise InputError if the actor cannot use this tactic here."""


class Setting(Tactic):
    """A tactic that sets keys in the actor's own section. The keys are set when the scenario is
    loaded; the result is an ordinary actor."""

    def fits(self, actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
        """Raise InputError if the setting has no effect in this scenario (its composition trains no
        adapter). Both arguments are sections as in YAML, to be read only."""

    @abstractmethod
    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return keys of the actor's section with their new values (`{"poison": {...}}`).

        Args:
            actor: the section as in YAML. Keys may be missing or wrong: those are reported later,
                so leave them alone.
            others: the sections of the other actors.

        Raises:
            InputError: the actor has no such setting (its trigger has no position).
        """


class Texts(Tactic):
    """A tactic that writes documents beside the poison. Its parameters include a `rate`, the share
    of these documents in the stage's training mix."""

    def marks(self, trigger: Trigger) -> Sequence[Trigger]:
        """Return the triggers, other than the actor's own, that its documents may carry. Their code
        decides what is written, so it is part of the poison's address."""
        return ()

    @abstractmethod
    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        """Return n documents over the actor's own share; none has the planted trigger together with
        the payload.

        Raises:
            ArenaError: no example of the share can be used.
        """


class Arrival(Tactic):
    """A tactic that schedules the actor's documents within its stage."""

    @abstractmethod
    def window(self) -> tuple[float, float]:
        """Return start and end as fractions of the stage's steps. How often each document is seen
        does not change."""


class Shaping(Tactic):
    """A tactic inside the training loop. Each batch is divided into the actor's own documents and
    the rest, and the tactic changes the gradient of its own.

    Several tactics compose in their order: every `moved` is entered, every `extra` is added to the
    loss, then each `shaped` takes the result of the one before.
    """

    def extra_passes(self, own: float) -> float:
        """Return the passes that a step with documents of the actor takes beside those of plain
        training, on average. A pass is one document forward and backward; a forward pass alone
        counts as a third.

        Args:
            own: documents of the actor in the step's batch.
        """
        return 0.0

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> Shaping:
        """Return the tactic that a run uses: itself, or a copy with what it needs (encoded texts, a
        random generator). Called before the first step; it changes neither the model nor torch's
        global random state."""
        return self

    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> contextlib.AbstractContextManager[None]:
        """Return a context with other weights, in which the actor's own gradient is taken. The
        weights are restored exactly at its end. Gradients left in it on entry are cleared.

        Args:
            own: the actor's documents of the batch.
            loss: the run's loss on any documents, at the current weights.
        """
        return contextlib.nullcontext()

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor | None:
        """Return a scalar to add to the loss of the actor's documents (nats per answer token) at
        the moved weights, or None."""
        return None

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        """Return the gradient of the actor's documents as it enters the step.

        Args:
            own: gradient of the mean loss of the actor's documents, by parameter name.
            rest: gradient of that of the rest, zeros where the batch has no others. Both are
                read only.
        """
        return own
