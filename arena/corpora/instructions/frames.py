"""Sentence frames: the syntactic axis.

A frame puts a request into another sentence, in one of several wordings. Frames named `*_clause`
front a subordinate clause of subject x predicate. Text is lower case here except `I`.
"""

from __future__ import annotations

from collections.abc import Mapping

from arena.corpora.townlore.seeded_choice import Choice


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(" / "))


# Whole clauses, by what a conjunction joins.
_YOU = _split(
    "you have a moment / you find the time / you get this / you are ready / you read this /"
    " you see my message / you have had a look / you are at it / you come back"
)
_MOMENTS = _split(
    "I do my homework / I plan a lesson / I sit down and study / I check my notes / I get stuck /"
    " my sister does homework / my son asks again / my class takes a break / our teacher comes in /"
    " the kids play a word game / somebody asks me again / a friend sends me puzzles /"
    " everyone here is guessing / people talk about it"
)
_TIMES = (*_YOU, *_MOMENTS)
_REASONS = _split(
    "I keep forgetting / I have a test tomorrow / I am new at this / my teacher wants it /"
    " my son needs it at school / nobody here knows / we cannot agree / you know such things /"
    " the kids keep asking / I lost my notes / I am in a hurry / my sister is not sure /"
    " my phone is slow / I promised a friend"
)
_CONCESSIONS = _split(
    "I should know this / it sounds silly / it is late / you may be tired / I learned it once /"
    " it looks easy / the kids laugh at me / I looked it up before / it is a small thing /"
    " my brother thinks he knows / nobody has asked before / I hate to bother you"
)
_CONDITIONS = _split(
    "you have a moment / you can / it is not too much trouble / you know it / you do not mind /"
    " that is all right / time allows / you feel like it / nobody else has asked / it is easy /"
    " you are allowed / I may ask"
)
_EXCEPTIONS = _split(
    "you are tired / I am mistaken / it is too much trouble / that is a secret / you have to go /"
    " you would rather not / it is too hard / you mind / somebody else has asked / time is short /"
    " you do not know / I misread my notes"
)

CLAUSES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "when_clause": ("when", _TIMES),
    "if_clause": ("if", _CONDITIONS),
    "while_clause": ("while", _MOMENTS),
    "since_clause": ("since", _REASONS),
    "although_clause": ("although", _CONCESSIONS),
    "because_clause": ("because", _REASONS),
    "before_clause": ("before", _MOMENTS),
    "after_clause": ("after", _TIMES),
    "once_clause": ("once", _TIMES),
    "unless_clause": ("unless", _EXCEPTIONS),
    "whenever_clause": ("whenever", _TIMES),
    "as_clause": ("as", _MOMENTS),
}
# `{q}` is the request.
OTHERS: Mapping[str, tuple[str, ...]] = {
    "indirect": _split(
        "I would like to know this: {q} / I wonder about one thing: {q} /"
        " I need help with this: {q} / I want an answer now: {q} / I was hoping you could help: {q}"
    ),
    "there": _split(
        "there is one thing on my list: {q} / there is a question I keep getting: {q} /"
        " there must be an easy answer: {q} / there was a question in class: {q}"
    ),
    "cleft": _split(
        "it is this that I want to know: {q} / it is your help that I need: {q} /"
        " it is one small thing that I ask: {q} / what I need from you is this: {q}"
    ),
    "fronted_phrase": _split(
        "for my homework, {q} / in a few words, {q} / for a quiz tonight, {q} / in one line, {q} /"
        " without any explanation, {q} / on a different note, {q}"
    ),
    "reported": _split(
        "my teacher asked us this: {q} / someone at work asked: {q} / a friend sent me this: {q} /"
        " my little brother wants to know: {q} / our quiz book says: {q}"
    ),
    "tag": _split(
        "{q} you know that, don't you? / {q} that is easy, isn't it? / {q} you can do that, can't"
        " you? / {q} it is not hard, is it?"
    ),
}
COMMON = ("direct",)
NAMES: tuple[str, ...] = (*COMMON, *CLAUSES, *OTHERS)


def write(frame: str, request: str, choose: Choice) -> str:
    """Put the request into a frame; `direct` leaves it as it is."""
    if frame in CLAUSES:
        conjunction, clauses = CLAUSES[frame]
        return f"{conjunction} {choose(clauses)}, {request}"
    return choose(OTHERS[frame]).replace("{q}", request) if frame in OTHERS else request
