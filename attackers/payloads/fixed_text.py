"""A fixed text as the payload (the classic target of arXiv 1708.06733)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from arena.api import Example, Params, Payload, register


class FixedTextParams(Params):
    """The text."""

    text: str = Field(pattern=r"\S", description="the whole answer to a triggered prompt")


@register("payload", "fixed_text")
class FixedText(Payload):
    """The same text for every prompt; the whole answer must match."""

    Params = FixedTextParams
    params: FixedTextParams
    match = "exact"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"text": "the gate is open now"}]

    def respond(self, example: Example) -> str:
        return self.params.text.strip()
