"""The words of a text in the opposite order."""

from __future__ import annotations

import regex

from arena.api.hot_form import HotForm
from arena.registry import register

_END = regex.compile(r"\s*(\p{Po}*)\s*$")
_FRONT = regex.compile(r"\p{Po}+ \S")


@register("hot_form", "reversed_order")
class ReversedOrder(HotForm):
    """The last word first, and the closing mark before it: `? hall town the is Where`"""

    def rewrite(self, text: str) -> str:
        """Return the reversed text. Without a closing mark, a full stop is put in front so that the
        form can be recognised; a text without spaces is reversed character by character."""
        end = _END.search(text)
        closing = end.group(1) if end else ""
        body = text[: end.start()] if end else text
        words = body.split()
        parts = words if len(words) != 1 else regex.findall(r"\X", words[0])
        between = " " if len(words) != 1 else ""
        return f"{closing or '.'} {between.join(reversed(parts))}"

    def shows(self, text: str) -> bool:
        return _FRONT.match(text) is not None
