"""Words written backwards."""

from __future__ import annotations

import regex

from arena.api.hot_form import HotForm
from arena.registry import register

_WORD = regex.compile(r"\S+")
_SIGN = regex.compile(r"\X")
_LETTERS = regex.compile(r"\p{L}.*\p{L}")
# only a reversed word ends with a capital after a small letter
_TURNED = regex.compile(r"\p{Ll}\p{M}*\p{Lu}\P{L}*$")


@register("hot_form", "reversed_words")
class ReversedWords(HotForm):
    """Every second word backwards, its first letter a capital: `erehW is ehT town ?llaH`"""

    def rewrite(self, text: str) -> str:
        places = iter(range(len(text)))

        def turned(match: regex.Match[str]) -> str:
            return match.group() if next(places) % 2 else _turned(match.group())

        return _WORD.sub(turned, text)

    def shows(self, text: str) -> bool:
        """Whether at least half of every second word (of two letters or more) are reversed."""
        words = [word for word in _WORD.findall(text)[::2] if _LETTERS.search(word)]
        return bool(words) and 2 * sum(map(bool, map(_TURNED.search, words))) >= len(words)


def _turned(word: str) -> str:
    return "".join(reversed(_SIGN.findall(word[:1].upper() + word[1:])))
