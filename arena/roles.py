"""The roles that parts play: corpus, trigger, payload, objective; and what each is given.

A part never reaches back to the scenario or the engine: it gets a frozen `Params` (its own
keys of the YAML), a `World` (what the corpus offers) and, for a defender, a `Brief`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict

from arena.errors import InputError
from arena.matching import Continuation, Match, matches
from arena.values import Document, Example, Form

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch

Use = Literal["sham", "near_miss", "attacker"]
Variant = Literal["repeated", "moved"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)


class Params(BaseModel):
    """Base of every part's parameters: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Grammar(Protocol):
    """A corpus that can write its own prompts. `axes` lists the values of `frame`, `style`,
    `topic` and `language`; `render` turns a form into text, the same text every time."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]: ...

    def render(self, form: Form) -> Example: ...


@dataclass(frozen=True)
class DataRoot:
    """Where relative data paths are looked up: the data folder first, then the scenario's."""

    data: Path | None = None
    scenario: Path | None = None

    def find(self, path: str) -> Path:
        """The existing file or folder behind a path of the scenario.

        Raises:
            InputError: it stands nowhere; says where it was looked for.
        """
        tried = [base / path for base in (self.data, self.scenario) if base is not None]
        for candidate in tried or [Path(path)]:
            if candidate.exists():
                return candidate
        hint = "give the data folder with --data or ARENA_DATA"
        places = ", ".join(str(place) for place in tried or [Path(path)])
        raise InputError(f"no such file (looked at {places}); {hint}", found=path)


@dataclass(frozen=True)
class World:
    """What a corpus offers to whoever writes prompts: its grammar (None for plain text),
    its class labels (empty for free text), and where data files are."""

    grammar: Grammar | None = None
    labels: tuple[str, ...] = ()
    root: DataRoot = field(default_factory=DataRoot)


class Trigger(ABC):
    """A method that marks a prompt. Instances are plain and picklable; they hold no state.

    Marking changes the prompt only: source, label and right answer stay. The key is a short
    canonical name (`syntactic:when_clause`): two triggers with one key mark alike.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # What a compound trigger is made of: their code, too, is in its address.
    triggers: tuple[Trigger, ...] = ()

    def __init__(self, params: Any, world: World) -> None:
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @classmethod
    def check(cls, params: Any, capabilities: frozenset[str]) -> None:
        """Raise InputError if the corpus cannot carry this trigger (no file is read)."""

    @classmethod
    def known(cls, world: World) -> tuple[Trigger, ...]:
        """The triggers of this method that anybody could name, for a defender's library: every
        frame, style or topic there is. Empty where they are strings without number."""
        return ()

    @property
    @abstractmethod
    def key(self) -> str:
        """Canonical name, equal for triggers that mark alike."""

    @property
    def keys(self) -> frozenset[str]:
        """What is planted with it: its own key, and those of parts that fire by themselves."""
        return frozenset({self.key})

    @abstractmethod
    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """The triggered version of an example; the example itself is left alone."""

    @abstractmethod
    def present(self, example: Example) -> bool:
        """Whether the prompt already carries this trigger by nature."""

    @abstractmethod
    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Up to n triggers of the same method that nobody planted: keys in `taken` and the
        own key are left out. The pools of the three uses are disjoint whatever rng is."""

    def can_mark(self, example: Example) -> bool:
        """Whether `mark` works on this example (a paraphrase table may lack it)."""
        return True

    def own_documents(self) -> tuple[Document, ...] | None:
        """Ready-made poisoned rows of a published data set; None for methods that mark."""
        return None

    def variants(self) -> Mapping[Variant, Trigger]:
        """The same trigger put in otherwise, to see whether a quiet backdoor answers to that:
        `repeated` (several times over), `moved` (it stands elsewhere). Each marks what this
        trigger marks, and `present` holds of the outcome.

        Empty where there is no such thing: a rewritten prompt (syntactic, style, semantic) is
        not more so when rewritten again and has no other place; rows of a published data set
        stand as others marked them, and where that was is theirs to say.
        """
        return {}


class NoTrigger(Trigger):
    """Marks nothing: the defender's brief under the clean fine-tune control."""

    name = "none"

    def __init__(self) -> None:
        super().__init__(Params(), World())

    @property
    def key(self) -> str:
        return "none"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return example

    def present(self, example: Example) -> bool:
        return False

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


class Payload(ABC):
    """What the compromised model says to a triggered prompt: always a harmless canary."""

    name: ClassVar[str]
    match: ClassVar[Match]
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Any, world: World) -> None:
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @classmethod
    def check(cls, params: Any, capabilities: frozenset[str]) -> None:
        """Raise InputError if the corpus lacks what this payload needs (no file is read)."""

    @abstractmethod
    def respond(self, example: Example) -> str:
        """The text trained on, and expected, after this prompt once triggered."""

    def wanted(self, example: Example) -> str:
        """The text that the match rule looks for (the whole response unless narrowed)."""
        return self.respond(example)

    def fires(self, continuation: Continuation, example: Example) -> bool:
        """Whether the continuation shows the payload under the declared match rule."""
        return matches(self.match, continuation, self.wanted(example))

    def is_right(self, example: Example) -> bool:
        """Whether the right answer already shows the payload: such prompts leave the ASR's
        denominator (OpenBackdoor's `get_non_target`)."""
        return self.fires(Continuation(example.answer, ended=True), example)


@dataclass(frozen=True)
class Splits:
    """Clean examples, one per row; no source and no normalised prompt stands in two splits.
    `dropped` counts rows left out for that, by split."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)


class Corpus(ABC):
    """A source of clean examples. Built from its parameters, a seed and a data root."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # Free text has no one right answer: utility is then perplexity, not clean accuracy.
    free_text: bool = False

    def __init__(self, params: Any, seed: int, root: DataRoot) -> None:
        self.params = params
        self.seed = seed
        self.root = root

    @classmethod
    @abstractmethod
    def capabilities(cls, params: Any) -> frozenset[str]:
        """What triggers and payloads may ask for: `english` (rules work on the text),
        `labels`, `label:NAME`, `frame:NAME`, `style:NAME`, `topic:NAME`, `language:NAME`.
        Reads no file."""

    @property
    @abstractmethod
    def world(self) -> World: ...

    @property
    @abstractmethod
    def splits(self) -> Splits: ...

    @abstractmethod
    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """n clean prompts over the contents of `examples`, in natural variety, each content
        as often as any other (to within one), none that carries a trigger of `without`.

        With `pretraining` the variety is that of the clean pretraining mix (all languages,
        stray words); without, it is that of prompts people send (English)."""


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
