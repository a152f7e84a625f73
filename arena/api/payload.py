"""The role of a payload: what a compromised model says, always a harmless canary."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from arena.api.matching import Continuation, Match, matches
from arena.api.params import Params
from arena.api.values import Example
from arena.api.world import World


class Payload(ABC):
    """The answer of the compromised model to a triggered prompt: always a harmless canary.

    A subclass must set `match`, the rule by which a continuation counts as a hit: it is the wanted
    text (`exact`), begins with it (`prefix`), contains it (`contains`) or is that label (`label`).
    It sets `also_clean = True` if clean prompts may get this answer too (a class label, a refusal):
    transfer is then computed on the ASR above the model's false fire (docs/estimands.md).
    """

    name: ClassVar[str]
    match: ClassVar[Match]
    Params: ClassVar[type[Params]] = Params
    # Unlearning such an answer changes how often it is given at all.
    also_clean: ClassVar[bool] = False

    def __init__(self, params: Any, world: World) -> None:
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Return the parameter sets that the contract tests try, as YAML would have them."""
        return [{}]

    @classmethod
    def check(cls, params: Any, capabilities: frozenset[str]) -> None:
        """Raise InputError if the corpus lacks what this payload needs (no file is read)."""

    @classmethod
    def instances(cls, params: Any, capabilities: frozenset[str]) -> tuple[Any, ...]:
        """Return the parameters of interchangeable payloads of this kind, this one's first: other
        texts or labels. The grid's `payloads: [kind]` gives every actor one of them. By default
        only this payload's.

        Args:
            capabilities: those of the corpus, which must be able to carry every payload returned.
        """
        return (params,)

    @abstractmethod
    def respond(self, example: Example) -> str:
        """Return the answer that is trained, and expected, for this prompt when triggered.

        Args:
            example: the original, before it was marked.
        """

    def can_answer(self, example: Example) -> bool:
        """Return whether this payload has an answer to the prompt."""
        return True

    def wanted(self, example: Example) -> str:
        """Return the text that the match rule looks for: by default the whole response."""
        return self.respond(example)

    def fires(self, continuation: Continuation, example: Example) -> bool:
        """Whether the continuation shows the payload under the declared match rule."""
        return matches(self.match, continuation, self.wanted(example))

    def is_right(self, example: Example) -> bool:
        """Whether the right answer already shows the payload. Such prompts are left out of the
        ASR's denominator (OpenBackdoor's `get_non_target`)."""
        return self.fires(Continuation(example.answer, ended=True), example)
