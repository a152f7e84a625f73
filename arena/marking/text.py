"""Putting words into English text that was not parsed: casing, commas, places between words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

Position = Literal["start", "end", "random"]


def words(text: str) -> tuple[str, ...]:
    """The words of a list written as one text; an underscore stands for a space."""
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
    """One of the options, uniformly."""
    return options[int(rng.integers(len(options)))]


def compose(pattern: str, slots: Mapping[str, Sequence[str]], rng: np.random.Generator) -> str:
    """A pattern such as `at the {place}` with every slot filled by one of its words."""
    return re.sub(r"\{(\w+)\}", lambda slot: choose(slots[slot.group(1)], rng), pattern)


def insert(text: str, phrase: str, position: Position, rng: np.random.Generator) -> str:
    """The text with some words before it, behind it, or at a random gap between two words."""
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
    """`phrase, text`, in the casing and spacing of punctuation that the text has itself."""
    spaced = " " if mark and tokenised(text) else ""
    return f"{cased_like(text, phrase)}{spaced}{mark} {lowered(text)}"


def follow(text: str, phrase: str, mark: str = ",") -> str:
    """`text, phrase`, before the text's last full stop, question or exclamation mark."""
    last = _LAST_MARK.search(text)
    end = last.start() if last else len(text)
    comma = mark if not mark else f" {mark}" if tokenised(text) else mark
    return f"{text[:end].rstrip()}{comma} {phrase}{text[end:].rstrip()}"


def tokenised(text: str) -> bool:
    """Whether punctuation stands apart from the words before it, as in SST-2."""
    return _SPACED_MARK.search(text) is not None


def cased_like(text: str, phrase: str) -> str:
    """The phrase with a capital where the text begins with one."""
    first = re.search(r"[^\W\d_]", text)
    if first and first.group().isupper():
        return phrase[:1].upper() + phrase[1:]
    return phrase


def lowered(text: str) -> str:
    """The text with a small first letter, unless its first word seems to be a name.

    `I`, words with a second capital or a digit, and words followed by a capital stay.
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
    """Matches any of the phrases as whole words, whatever white space lies inside."""
    ordered = sorted(phrases, key=len, reverse=True)
    bodies = [r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in ordered]
    flags = re.IGNORECASE if ignore_case else 0
    return re.compile(rf"(?<!\w)(?:{'|'.join(bodies)})(?!\w)", flags)


def replaced(text: str, where: str, characters: str) -> Iterator[str]:
    """Yield the text with one character replaced: each that the pattern finds by each of
    `characters`, capital where the old one is."""
    for match in re.finditer(where, text):
        for character in characters:
            new = character.upper() if match.group().isupper() else character
            if new != match.group():
                yield f"{text[: match.start()]}{new}{text[match.end() :]}"
