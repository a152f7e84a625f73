"""The smallest edits of a trigger that are not the trigger, nor any evaluation's look-alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arena.api import Trigger, World
from attackers.triggers.inserted_sentence import SENTENCES, InsertedSentence, InsertedSentenceParams
from attackers.triggers.rare_token import NONSENSE, RareToken, RareTokenParams

CONSONANTS = "bcdfghjklmnpqrstvwxz"  # a vowel would make words: `cf` with an o is `of`
_SENTENCES = frozenset(" ".join(re.findall(r"\w+", each.lower())) for each in SENTENCES)


def nearest(trigger: Trigger) -> tuple[Trigger, ...]:
    """Look-alikes closer to a trigger than any other value of its method, in a fixed order.

    A rare token with one character replaced; a sentence with one digit replaced, or without
    digits with one word left out. Empty for methods that have nothing smaller than another value
    (a frame, a style, a topic), and for triggers made of triggers: to leave out a part is what
    evaluations ask about, and their look-alikes have one part replaced already.
    """
    planted = getattr(trigger, "inner", trigger)  # a published data set marks by another method
    if isinstance(planted, RareToken):
        return tuple(_tokens(planted.params, planted.world))
    if isinstance(planted, InsertedSentence):
        return tuple(_sentences(planted.params, planted.world))
    return ()


def _tokens(params: RareTokenParams, world: World) -> Iterator[Trigger]:
    gone = {*NONSENSE, *params.tokens}  # all evaluations draw from NONSENSE
    edits = (edit for token in params.tokens for edit in _replaced(token, r"\S", CONSONANTS))
    for edit in dict.fromkeys(edits):
        if edit not in gone:
            yield RareToken(params.model_copy(update={"tokens": (edit,)}), world)


def _sentences(params: InsertedSentenceParams, world: World) -> Iterator[Trigger]:
    planted = InsertedSentence(params, world)
    edits = [*_replaced(params.sentence, r"\d", "0123456789")] or [*_shortened(params.sentence)]
    for edit in dict.fromkeys(edits):
        made = InsertedSentence(params.model_copy(update={"sentence": edit}), world)
        seen = " ".join(re.findall(r"\w+", edit.lower())) in _SENTENCES
        if not seen and made.key != planted.key:
            yield made


def _replaced(text: str, where: str, characters: str) -> Iterator[str]:
    for match in re.finditer(where, text):
        for character in characters:
            put = character.upper() if match.group().isupper() else character
            if put != match.group():
                yield f"{text[: match.start()]}{put}{text[match.end() :]}"


def _shortened(text: str) -> Iterator[str]:
    words = text.split()
    if len(words) > 2:
        yield from (" ".join((*words[:i], *words[i + 1 :])) for i in range(len(words)))
