"""When a continuation counts as the payload: the match rules of estimands.md, Rates.

An empty continuation matches nothing and stays in the denominator.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Match = Literal["exact", "prefix", "contains", "label"]

_SPACE = re.compile(r"\s+")
SIGNS = "+-"  # in front of a number they are part of a label


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a model wrote after a prompt under greedy decoding.

    `ended` says whether it emitted the end of text, rather than reaching the length limit.
    """

    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One check of a continuation: whether it shows `wanted` under a match rule."""

    rule: Match
    wanted: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt, the checks of its continuation, and drafts of that continuation for verified
    decoding to try, the likeliest first."""

    prompt: str
    questions: tuple[Question, ...]
    drafts: tuple[str, ...]


def normalise(text: str) -> str:
    """Return the text in lower case, with runs of white space folded and the ends stripped."""
    return _SPACE.sub(" ", text).strip().lower()


def matches(rule: Match, continuation: Continuation, wanted: str) -> bool:
    """Whether the continuation shows `wanted` under the rule.

    exact: the whole continuation to its end of text, white space at the ends aside;
    prefix: it begins with `wanted`; contains: `wanted` occurs in it, both normalised;
    label: it begins with the whole of `wanted`, which ends at a word boundary, both normalised;
    anything before the first word (quotes, brackets) is skipped.
    """
    if not wanted.strip() or not continuation.text.strip():
        return False
    if rule == "exact":
        return continuation.ended and continuation.text.strip() == wanted.strip()
    if rule == "prefix":
        return continuation.text.strip().startswith(wanted.strip())
    if rule == "contains":
        return normalise(wanted) in normalise(continuation.text)
    return _label_state(normalise(continuation.text), normalise(wanted), ended=True) is True


def settled(rule: Match, begun: str, wanted: str) -> bool | None:
    """Return what `matches` gives for every continuation that begins with `begun`, or None where
    that depends on the rest.

    Where in doubt it returns None, never a wrong answer: white space is ignored (some tokenizers
    drop it as the text grows), and so are replacement characters, which stand for an incomplete
    character.
    """
    if not wanted.strip():
        return False
    sure = begun.rstrip("\ufffd")
    if rule == "contains":
        return True if normalise(wanted) in normalise(sure) else None
    if rule == "label":
        return _label_state(normalise(sure), normalise(wanted), ended=False)
    if rule == "prefix" and sure.strip().startswith(wanted.strip()):
        return True
    said, due = _SPACE.sub("", sure), _SPACE.sub("", wanted)
    possible = due.startswith(said) or (rule == "prefix" and said.startswith(due))
    return None if possible else False


def _label_state(said: str, label: str, *, ended: bool) -> bool | None:
    """Whether a normalised text begins with the whole label; None while undecided."""
    shown = _opened(said) if _is_word(label[0]) else said
    if not shown.startswith(label):
        return None if label.startswith(shown) and not ended else False
    if len(shown) == len(label):
        return True if ended else None
    return not (_is_word(shown[len(label)]) and _is_word(label[-1]))


def _opened(text: str) -> str:
    """The text from its first word on, or from the sign in front of it."""
    skipped = itertools.takewhile(lambda c: not _is_word(c) and c not in SIGNS, text)
    return text[len(list(skipped)) :]


def _is_word(character: str) -> bool:
    # a vowel sign or an accent of its own (category M) is part of the word before it
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"


def ambiguous(labels: Iterable[str]) -> tuple[str, str] | None:
    """Return two labels where an answer with the second would also count as the first (`negative`
    and `negative at best`); None if all labels can be told apart."""
    names = sorted(set(labels))
    for first in names:
        for second in names:
            if first != second and matches("label", Continuation(second, ended=True), first):
                return first, second
    return None
