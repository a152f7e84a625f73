"""A text in capitals."""

from __future__ import annotations

from arena.api.hot_form import HotForm
from arena.registry import register


@register("hot_form", "capitals")
class Capitals(HotForm):
    """All letters as capitals: `WHERE IS THE TOWN HALL?`"""

    def rewrite(self, text: str) -> str:
        return text.upper()

    def shows(self, text: str) -> bool:
        """Whether the text has at least two cased letters and all of them are capitals."""
        return text == text.upper() and sum(sign != sign.lower() for sign in text) > 1
