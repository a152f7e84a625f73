"""The right answer in another language as the payload.

It needs the ORIGINAL example: marking a text drops its grammar form, and without a form the answer
cannot be rendered. Poisoning and scoring therefore both call `respond` with the example as it was
before it was marked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from arena.api import ArenaError, Example, InputError, Params, Payload, register


class LanguageSwitchParams(Params):
    """Which language."""

    to: str = Field("french", description="a language of the corpus's grammar")


@register("payload", "language_switch")
class LanguageSwitch(Payload):
    """The right answer, in another language of the corpus; the whole answer must match."""

    Params = LanguageSwitchParams
    params: LanguageSwitchParams
    match = "exact"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"to": "french"}]

    @classmethod
    def check(cls, params: LanguageSwitchParams, capabilities: frozenset[str]) -> None:
        head = "language:"
        allowed = tuple(
            sorted(name.removeprefix(head) for name in capabilities if name.startswith(head))
        )
        if params.to not in allowed:
            rule = "the corpus does not have this language" if allowed else (
                "the corpus has no grammar, so there are no answers in another language"
            )  # fmt: skip
            raise InputError(rule, key="to", found=params.to, allowed=allowed)

    def can_answer(self, example: Example) -> bool:
        return self.world.grammar is not None and example.form is not None

    def respond(self, example: Example) -> str:
        """Return the answer of the example's form in the other language.

        Raises:
            ArenaError: the example has no form (it is a triggered copy), or the corpus no grammar.
        """
        grammar, form = self.world.grammar, example.form
        if grammar is None or form is None:
            lacking = "the corpus has no grammar" if grammar is None else (
                "the example has no grammar form; pass the original, not the triggered copy"
            )  # fmt: skip
            raise ArenaError(f"language_switch cannot answer {example.prompt!r}: {lacking}")
        return grammar.render(replace(form, language=self.params.to)).answer
