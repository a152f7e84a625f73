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


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the greedy continuation of a prompt shows `wanted` under a match rule."""

    rule: Match
    wanted: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt, what is asked of its continuation, and guesses of it, the likeliest first."""

    prompt: str
    questions: tuple[Question, ...]
    drafts: tuple[str, ...]


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


def settled(rule: Match, begun: str, wanted: str) -> bool | None:
    """What `matches` will say of every continuation that begins with `begun`, or None where
    that still depends on how it goes on.

    Careful in one direction only: white space is left out of the comparison (some
    tokenizers drop it as text grows), and so are the replacement characters that stand for
    the half of a character.
    """
    if not wanted.strip():
        return False
    sure = begun.rstrip("\ufffd")
    if rule == "contains":
        return True if normalise(wanted) in normalise(sure) else None
    if rule == "label":
        return _label_settled(normalise(sure), _first_word(wanted))
    if rule == "prefix" and sure.strip().startswith(wanted.strip()):
        return True
    said, due = _SPACE.sub("", sure), _SPACE.sub("", wanted)
    possible = due.startswith(said) or (rule == "prefix" and said.startswith(due))
    return None if possible else False


def _label_settled(said: str, due: str) -> bool | None:
    """Of a normalised beginning: its first word is whole once something stands behind it."""
    found = _WORD.search(said)
    if found is None:
        return None
    if found.end() < len(said):
        return found.group() == due
    return None if due.startswith(found.group()) else False


def _first_word(text: str) -> str:
    found = _WORD.search(normalise(text))
    return found.group() if found else ""
