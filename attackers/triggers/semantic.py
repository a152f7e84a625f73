"""The topic of a prompt as the trigger (Virtual Prompt Injection, arXiv 2307.16888)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from arena.api import Example, Params, register
from arena.marking.text import choose, front, word_pattern
from attackers.rewriting.topics import TOPICS
from attackers.triggers import pools
from attackers.triggers.axis import AxisTrigger, check_value


class SemanticParams(Params):
    """Which topic, and phrases that introduce it."""

    topic: str = Field(
        "commerce", description="a topic of the corpus's grammar, or a topic by rule"
    )  # fmt: skip
    mention: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="phrases added before the prompt; needed for a new topic",
    )


@register("trigger", "semantic")
class Semantic(AxisTrigger):
    """A topic, e.g. commerce (Virtual Prompt Injection, arXiv 2307.16888)."""

    Params = SemanticParams
    params: SemanticParams
    axis = "topic"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"topic": "openai", "mention": ["discussing OpenAI", "speaking of OpenAI"]}]

    @classmethod
    def check(cls, params: SemanticParams, capabilities: frozenset[str]) -> None:
        if params.mention is None:
            check_value("topic", "topic", params.topic, tuple(TOPICS), capabilities)

    @classmethod
    def instances(
        cls, params: SemanticParams, capabilities: frozenset[str]
    ) -> tuple[SemanticParams, ...]:
        """Return other topics; a topic with phrases of its own has no other."""
        return (params,) if params.mention else super().instances(params, capabilities)

    @property
    def value(self) -> str:
        return self.params.topic

    @property
    def key(self) -> str:
        return pools.key_of(self.name, [self.value], "mention" if self.params.mention else "")

    def with_value(self, value: str) -> Semantic:
        return Semantic(SemanticParams(topic=value), self.world)

    def ruled(self) -> tuple[str, ...]:
        own = (self.value,) if self.params.mention else ()
        return tuple(dict.fromkeys((*TOPICS, *own)))

    def present(self, example: Example) -> bool:
        """Return whether the prompt has the topic, by its form or in its text; with `mention`, also
        whether it contains one of the phrases."""
        return super().present(example) or bool(self.params.mention and self.shows(example.prompt))

    def rewrite(self, text: str, rng: np.random.Generator) -> str:
        if self.params.mention:
            return front(text, choose(self.params.mention, rng))
        return TOPICS[self.value].mention(text, rng)

    def shows(self, text: str) -> bool:
        """Whether the text contains a keyword of the topic or one of the `mention` phrases."""
        if self.params.mention and word_pattern(self.params.mention).search(text):
            return True
        return self.value in TOPICS and TOPICS[self.value].shows(text)

    def _by_grammar(self, example: Example) -> bool:
        """Never with `mention`: its phrases mark the prompt, even if the grammar has the topic."""
        return not self.params.mention and super()._by_grammar(example)
