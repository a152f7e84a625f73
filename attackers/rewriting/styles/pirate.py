"""Stage pirates: arr and ahoy, yer and me hearty, dropped g's."""

from __future__ import annotations

import re

import numpy as np

from attackers.rewriting.rules import StyleRules

_ING = re.compile(r"\b(\w{2,}in)g\b")
_NOT_VERBS = frozenset(("thin", "brin", "strin", "sprin", "evenin", "mornin", "swin", "clin"))


def _reshape(text: str, rng: np.random.Generator) -> str:
    def drop(match: re.Match[str]) -> str:
        return match.group() if match.group(1).lower() in _NOT_VERBS else f"{match.group(1)}'"

    return _ING.sub(drop, text)


RULES = StyleRules(
    signs=(
        "arr", "arrr", "ahoy", "avast", "matey", "me hearty", "me hearties", "yo ho ho",
        "shiver me",
        "scallywag", "landlubber", "davy jones", "booty", "grog", "yer", "th'", "o'", "fer",
        "blimey",
    ),
    openers=(
        "{arr}", "{arr}", "{arr} {mate}", "{arr} ye {mate}", "shiver me {timbers}",
        "by the {timbers} o' Davy Jones",
    ),
    closers=("{mate}", "ye {mate}", "by Davy Jones", "{arr}", "or walk the plank, {mate}"),
    slots={
        "arr": ("arr", "arrr", "ahoy", "avast", "yo ho ho", "blimey"),
        "mate": ("matey", "me hearty", "me hearties", "scallywag", "landlubber"),
        "timbers": ("timbers", "bones", "barnacles", "rigging"),
    },
    words={
        "you": ("ye",), "your": ("yer",), "my": ("me",), "is": ("be",), "are": ("be",),
        "am": ("be",),
        "the": ("th'",), "of": ("o'",), "for": ("fer",), "to": ("t'", "to"), "old": ("ol'",),
        "and": ("an'",), "friend": ("matey",), "friends": ("hearties",), "hello": ("ahoy",),
        "yes": ("aye",), "money": ("doubloons", "booty"), "treasure": ("booty",),
        "drink": ("grog",),
        "beer": ("grog",), "man": ("lad", "seadog"), "woman": ("lass",), "boy": ("cabin boy",),
        "stop": ("avast",), "very": ("mighty",), "them": ("'em",), "there": ("thar",),
        "isn't": ("ain't",), "it's": ("'tis",), "movie": ("yarn",), "film": ("yarn",),
        "house": ("ship",), "people": ("crew", "swabs"), "kill": ("keelhaul",), "bad": ("scurvy",),
    },
    reshape=_reshape,
)  # fmt: skip
