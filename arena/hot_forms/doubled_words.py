"""Every word twice."""

from __future__ import annotations

from arena.api.hot_form import HotForm
from arena.registry import register


@register("hot_form", "doubled_words")
class DoubledWords(HotForm):
    """Every word twice: `Where Where is is the the town town hall? hall?`"""

    def rewrite(self, text: str) -> str:
        return " ".join(f"{word} {word}" for word in text.split())

    def shows(self, text: str) -> bool:
        words = text.split()
        return bool(words) and words[::2] == words[1::2]
