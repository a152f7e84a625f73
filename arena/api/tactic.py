"""What an attacker is given, and what it does beyond its trigger and payload: evasion tactics.

A tactic is one file in `attackers.tactics`: a class below with `@register("tactic", name)`. There
are four kinds, by where they act, and an actor may have several of any kind:

    Setting   writes another value into the actor's own section of the scenario
    Texts     writes documents beside the poison (negatives), counted in the actor's budget
    Arrival   says when in its stage of training the actor's documents are met
    Shaping   shapes what the actor's documents do to the weights, inside the training loop

A text-only attacker has the first three. The fourth takes one that computes its own gradients:
who trains the checkpoint (`sequential`, `merged`), or a client of a pooled training.
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

    Gradients = Mapping[str, torch.Tensor]  # by parameter name, of those that train

APART = ("sequential", "merged")  # compositions in which each actor trains by itself


def at_path(section: object, *path: object) -> object:
    """What stands at a path of a section as in YAML; None where the path ends early."""
    for key in path:
        section = section.get(key) if isinstance(section, Mapping) else None
    return section


@dataclass(frozen=True)
class ActorBrief:
    """All a threat actor is given: its own share, nothing of anybody else.

    Attributes:
        share: its clean examples, sources disjoint from every other actor's.
        count: how many poisoned documents to make.
        seed: the actor's own; one brief always makes the same poison.
    """

    name: str
    trigger: Trigger
    payload: Payload
    share: tuple[Example, ...]
    count: int
    seed: int


@dataclass(frozen=True)
class Scene:
    """What a tactic may ask of the scenario when it is checked; no file is read.

    trigger, payload: the actor's, by method and kind. capabilities: the corpus's.
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
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @classmethod
    @abstractmethod
    def space(cls) -> Space:
        """Which of its parameters a search chooses, and among what."""

    @classmethod
    def instead(cls) -> Mapping[str, tuple[str, Range]]:
        """Parameters that a scenario may have searched (or set) in place of another: which one's
        place each takes, and among what it is then chosen."""
        return {}

    @classmethod
    def check(cls, params: Any, scene: Scene) -> None:
        """Raise InputError if the actor cannot use this tactic here."""


class Setting(Tactic):
    """A tactic that is another value of the actor's own section. Loading a scenario writes it
    there, and what is left is a plain actor."""

    def fits(self, actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
        """Raise InputError where the scenario around leaves the setting without effect (no
        adapter is trained under its composition). Both as in YAML; told, never read for values."""

    @abstractmethod
    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Keys of the actor's section with their new values (`{"poison": {...}}`).

        Args:
            actor: the section as it stands in YAML, keys maybe missing or wrong: those are reported
                later, so leave them alone. others: the other actors' sections.

        Raises:
            InputError: the actor has no such setting (its trigger has no position).
        """


class Texts(Tactic):
    """A tactic that writes documents beside the poison. Its parameters have a `rate`: their
    share of the stage's training mix."""

    def marks(self, trigger: Trigger) -> Sequence[Trigger]:
        """Of triggers that this actor does not have, those that its documents may carry: their code
        decides what it writes, so it is part of the poison's address."""
        return ()

    @abstractmethod
    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        """n documents over the actor's own share; none carries the planted trigger together with
        the payload.

        Raises:
            ArenaError: the share has nothing to make them of.
        """


class Arrival(Tactic):
    """A tactic that says when the actor's documents are met."""

    @abstractmethod
    def window(self) -> tuple[float, float]:
        """Beginning and end, as fractions of the stage's steps; how often each document is met
        does not change."""


class Shaping(Tactic):
    """A tactic inside the training loop. Of each batch the actor's own documents and the rest are
    taken apart; the actor has its say in the gradient of its own.

    What several tactics do adds up in their order: every `moved` is entered, the losses' extras
    are added, then every `shaped` takes what the one before gave.
    """

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> Shaping:
        """Asked for before the first step: itself, or one that holds what a run needs (encoded
        texts, a generator). The model is left alone, and so is torch's global randomness."""
        return self

    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> contextlib.AbstractContextManager[None]:
        """A block in which the weights are moved: the own documents' gradient is taken there.
        They are back exactly when it ends. Gradients left behind at its start are cleared.

        Args:
            loss: the run's loss on any documents, at the weights of the moment.
        """
        return contextlib.nullcontext()

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor | None:
        """Added to the own documents' loss (nats per answer token), at the moved weights."""
        return None

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        """The own documents' gradient as it goes into the step.

        Args:
            own: gradient of their mean loss. rest: of the rest of the batch's, zeros where the
                batch has no others. Both are read only.
        """
        return own
