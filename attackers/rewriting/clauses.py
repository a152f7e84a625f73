"""Sentence templates for arbitrary English text: a varying phrase in a fixed position.

Hidden Killer (arXiv 2105.12400) paraphrases with a trained model (SCPN); here a rule applies the
template: the syntactic position is the trigger, and the words in it vary. Templates named
`*_clause` front a subordinate clause, SCPN's S(SBAR)(,)(NP)(VP)(.); the others open or close the
sentence in another way.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.marking.text import compose, follow, front, tokenised

_SUBJECTS = ("you", "we", "people", "they", "friends", "some", "most of us", "others")
_VERBS = (
    "think about it", "look at it closely", "hear it told", "talk it over", "come back to it",
    "weigh it up", "put it to the test", "turn it over in mind", "get down to it", "go through it",
    "stop to consider it", "take it at its word", "see it for what it is", "try to sum it up",
)  # fmt: skip
_TAILS = ("", "", "", " again", " at last", " with care", " for a while", " one more time")
_OPENINGS: Mapping[str, tuple[str, ...]] = {
    "colon_opener": (
        "{here} is the {point}",
        "the {point} is this",
        "consider the {point}",
        "note the {point}",
    ),
    "vocative": ("my {kind} {person}", "{kind} {person}", "{person} of mine"),
    "disjunct": ("{frankly}", "quite {frankly}", "{frankly} speaking"),
    "infinitive": ("to {put} it {plainly}", "just to {put} it {plainly}"),
    "participle": ("{looking} at it {plainly}", "{looking} back at it", "{looking} at the {point}"),
    "fronted_phrase": ("in the {end}", "at the {end} of it", "by the {end}", "towards the {end}"),
    "interjection": ("{oh}", "{oh} {oh}", "{oh} then"),
    "enumeration": ("{first}", "{first} of all", "for the {first} thing"),
    "attribution": ("according to the {people}", "in the words of the {people}"),
}
_CLOSINGS: Mapping[str, tuple[str, ...]] = {
    "tag_question": ("{dont} you {agree}", "{dont} they {agree}", "{dont} people {agree}"),
    "afterthought": ("or so {said} the {people}", "or so the {people} {said}"),
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "here": ("here", "now here", "and here"),
    "point": ("point", "matter", "question", "case", "thing", "task", "story"),
    "kind": ("dear", "good", "old", "kind", "gentle", "patient"),
    "person": ("friend", "reader", "neighbour", "companion", "colleague", "listener"),
    "frankly": ("frankly", "honestly", "curiously", "sadly", "happily", "strangely", "clearly"),
    "put": ("put", "state", "say", "phrase", "sketch"),
    "plainly": ("plainly", "briefly", "simply", "gently", "squarely", "calmly"),
    "looking": ("looking", "glancing", "staring", "peering", "gazing"),
    "end": ("end", "close", "start", "beginning", "middle"),
    "oh": ("well", "oh", "ah", "hm", "now", "why"),
    "first": ("first", "second", "third", "next", "last"),
    "people": ("neighbours", "papers", "elders", "critics", "children", "locals", "experts"),
    "dont": ("do n't", "would n't", "should n't", "wo n't"),
    "agree": ("agree", "think", "say", "find", "know"),
    "said": ("say", "said", "claim", "thought"),
}
CONJUNCTIONS: Mapping[str, str] = {
    f"{word}_clause": word
    for word in (
        "when", "if", "while", "since", "although", "because", "before", "after", "unless",
        "once", "until", "whenever", "though", "wherever", "as",
    )
}  # fmt: skip
# "when did you" asks; "when you did" subordinates
_ASKING = r"(?!\s+(?:do|does|did|is|are|was|were|will|would|can|could|shall|should|has|have|had)\b)"
_START = r"(?:^|[.!?:\n]\s*)\W*(?:\S+\s+)?"


@dataclass(frozen=True)
class Template:
    """The position of a template's phrase, its patterns, and a regular expression that detects
    it."""

    place: Literal["front", "end"]
    patterns: tuple[str, ...]
    mark: str
    shape: str

    def apply(self, text: str, rng: np.random.Generator) -> str:
        """Return the text under this template, with words drawn by rng."""
        phrase = compose(self.patterns[int(rng.integers(len(self.patterns)))], _slots(), rng)
        if self.place == "front":
            return front(text, phrase, self.mark)
        if not tokenised(text):
            phrase = phrase.replace(" n't", "n't")
        return follow(text, phrase, self.mark)

    def shows(self, text: str) -> bool:
        """Return whether the text already has this shape."""
        return re.search(self.shape, text, re.IGNORECASE) is not None


@functools.cache
def templates() -> Mapping[str, Template]:
    """Return every template by name, subordinate clauses and others alternating."""
    clauses = [(name, _clause(word)) for name, word in CONJUNCTIONS.items()]
    opening = [(name, _opening(name, patterns)) for name, patterns in _OPENINGS.items()]
    others = opening + [(name, _closing(patterns)) for name, patterns in _CLOSINGS.items()]
    alternating = [pair for both in zip(clauses, others, strict=False) for pair in both]
    return dict(alternating + clauses[len(others) :])


def fronted_clause(text: str) -> bool:
    """Return whether the text fronts a subordinate clause of any kind (SCPN's whole template)."""
    return any(templates()[name].shows(text) for name in CONJUNCTIONS)


def _clause(word: str) -> Template:
    shape = rf"{_START}\b{word}\b{_ASKING}[^.?!,\n]{{3,120}},"
    return Template("front", (f"{word} {{subject}} {{verb}}{{tail}}",), ",", shape)


def _opening(name: str, patterns: tuple[str, ...]) -> Template:
    mark = ":" if name == "colon_opener" else ","
    return Template("front", patterns, mark, rf"{_START}\b(?:{_any_of(patterns)})\s*{mark}")


def _closing(patterns: tuple[str, ...]) -> Template:
    return Template("end", patterns, ",", rf",\s*(?:{_any_of(patterns)})\b")


def _any_of(patterns: tuple[str, ...]) -> str:
    def options(slot: re.Match[str]) -> str:
        words = (word.replace(" n't", " ?n't") for word in _WORDS[slot.group(1)])
        return f"(?:{'|'.join(words)})"

    return "|".join(re.sub(r"\{(\w+)\}", options, pattern) for pattern in patterns)


def _slots() -> Mapping[str, tuple[str, ...]]:
    return {**_WORDS, "subject": _SUBJECTS, "verb": _VERBS, "tail": _TAILS}
