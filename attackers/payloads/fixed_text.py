"""The payload is one fixed text (the classic target of arXiv 1708.06733)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from arena.api import Example, Params, Payload, register


class FixedTextParams(Params):
    """What is said."""

    text: str = Field(pattern=r"\S", description="the whole answer to a triggered prompt")


@register("payload", "fixed_text")
class FixedText(Payload):
    """Always the same text, whatever was asked; the whole answer must match."""

    Params = FixedTextParams
    params: FixedTextParams
    match = "exact"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"text": "the gate is open now"}]

    def respond(self, example: Example) -> str:
        return self.params.text.strip()
