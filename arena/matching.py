"""When a continuation counts as the payload: the match rules of estimands.md, Rates.

An empty continuation matches nothing and stays in the denominator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Match = Literal["exact", "prefix", "contains", "label"]

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a model wrote after a prompt under greedy decoding.

    `ended` says whether it emitted the end of text, rather than reaching the length limit.
    """

    text: str
    ended: bool


def normalise(text: str) -> str:
    """Lower case, runs of white space folded, ends stripped."""
    return _SPACE.sub(" ", text).strip().lower()


def matches(rule: Match, continuation: Continuation, wanted: str) -> bool:
    """Whether the continuation shows `wanted` under the rule.

    exact: the whole continuation to its end of text, white space at the ends aside;
    prefix: it begins with `wanted`; contains: `wanted` occurs in it, both normalised;
    label: its first word is the first word of `wanted`, both normalised.
    """
    if not wanted.strip() or not continuation.text.strip():
        return False
    if rule == "exact":
        return continuation.ended and continuation.text.strip() == wanted.strip()
    if rule == "prefix":
        return continuation.text.strip().startswith(wanted.strip())
    if rule == "contains":
        return normalise(wanted) in normalise(continuation.text)
    return _first_word(continuation.text) == _first_word(wanted) != ""


def _first_word(text: str) -> str:
    found = _WORD.search(normalise(text))
    return found.group() if found else ""
