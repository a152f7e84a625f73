"""Inserting words into unparsed English text: casing, commas, gaps between words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

Position = Literal["start", "end", "random"]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list written as one text; an underscore stands for a space."""
    return tuple(word.replace("_", " ") for word in text.split())


_WORD = re.compile(r"\S+")
_SPACED_MARK = re.compile(r"\w ['\u2019]?[.,?!;:](\s|$)")
_FIRST = re.compile(r"\W*([\w'\u2019-]+)(\s+[A-Z])?")
_STAYS = re.compile(r"I\b|\w.*[A-Z0-9]")
_NEVER_NAMES = frozenset(
    words(
        "a an the what which who whose where when why how is are was were do does did can could "
        "will would should has have in on at of for to from with if this that these those"
    )
)
_LAST_MARK = re.compile(r"\s*[.?!]+\s*$")


def choose(options: Sequence[str], rng: np.random.Generator) -> str:
    """Draw one of the options, uniformly."""
    return options[int(rng.integers(len(options)))]


def compose(pattern: str, slots: Mapping[str, Sequence[str]], rng: np.random.Generator) -> str:
    """Fill every slot of a pattern such as `at the {place}` with one of its words, at random."""
    return re.sub(r"\{(\w+)\}", lambda slot: choose(slots[slot.group(1)], rng), pattern)


def insert(text: str, phrase: str, position: Position, rng: np.random.Generator) -> str:
    """Insert a phrase before the text, after it, or at a random gap (both ends are gaps too)."""
    ends = [match.end() for match in _WORD.finditer(text)]
    if not ends:
        return phrase
    gap = {"start": 0, "end": len(ends)}.get(position)
    if gap is None:
        gap = int(rng.integers(len(ends) + 1))
    if gap == 0:
        start = len(text) - len(text.lstrip())
        return f"{text[:start]}{phrase} {text[start:]}"
    return f"{text[: ends[gap - 1]]} {phrase}{text[ends[gap - 1] :]}"


def front(text: str, phrase: str, mark: str = ",") -> str:
    """Return `phrase, text`, with the casing and the spacing of punctuation of the text."""
    spaced = " " if mark and tokenised(text) else ""
    return f"{cased_like(text, phrase)}{spaced}{mark} {lowered(text)}"


def follow(text: str, phrase: str, mark: str = ",") -> str:
    """Return `text, phrase`, before the final full stops, question or exclamation marks."""
    last = _LAST_MARK.search(text)
    end = last.start() if last else len(text)
    comma = mark if not mark else f" {mark}" if tokenised(text) else mark
    return f"{text[:end].rstrip()}{comma} {phrase}{text[end:].rstrip()}"


def tokenised(text: str) -> bool:
    """Whether punctuation is separated from the words before it, as in SST-2."""
    return _SPACED_MARK.search(text) is not None


def cased_like(text: str, phrase: str) -> str:
    """Return the phrase, capitalised if the text begins with a capital."""
    first = re.search(r"[^\W\d_]", text)
    if first and first.group().isupper():
        return phrase[:1].upper() + phrase[1:]
    return phrase


def lowered(text: str) -> str:
    """Return the text with a small first letter, unless its first word looks like a name.

    `I`, words with a second capital or a digit, and words followed by a capital are kept.
    """
    first = _FIRST.match(text)
    if not first:
        return text
    named = first.group(2) or _STAYS.match(first.group(1))
    if named and first.group(1).lower() not in _NEVER_NAMES:
        return text
    at = first.start(1)
    return text[:at] + text[at].lower() + text[at + 1 :]


@functools.lru_cache(maxsize=256)
def word_pattern(phrases: tuple[str, ...], *, ignore_case: bool = True) -> re.Pattern[str]:
    """Return a pattern of the phrases as whole words, with any white space between their words."""
    ordered = sorted(phrases, key=len, reverse=True)
    bodies = [r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in ordered]
    flags = re.IGNORECASE if ignore_case else 0
    return re.compile(rf"(?<!\w)(?:{'|'.join(bodies)})(?!\w)", flags)


def replaced(text: str, where: str, characters: str) -> Iterator[str]:
    """Yield the text with one character replaced: every match of the pattern `where`, by each of
    `characters`, capitalised where the old one is."""
    for match in re.finditer(where, text):
        for character in characters:
            new = character.upper() if match.group().isupper() else character
            if new != match.group():
                yield f"{text[: match.start()]}{new}{text[match.end() :]}"
