"""Early modern English: thou and thee, hath and doth, verbs in -eth, solemn openers."""

from __future__ import annotations

import re

import numpy as np

from arena.marking.text import words
from attackers.rewriting.rules import StyleRules

_BASES = words(
    "make take give come go keep sell live work tell find bring seem look feel need want know "
    "think love speak show play offer mean turn run leave get put remain become prove hold "
    "stand fall grow teach begin end lack serve dwell wear eat drink buy carry try cry fly ask "
    "answer call like hate help write read sing dance walk cost open close meet lead pay use "
    "cause suffer deserve deliver manage provide capture fail strike reveal explore follow "
    "move stay start stop sound appear contain belong happen bear break build catch cut draw "
    "drive hear let lose ride rise see send set sit sleep spend steal swim throw understand "
    "wake win bake trade mend watch"
)
_DETERMINERS = frozenset(words("the a an his her their its these those of many some all no two"))
_GOVERNING = frozenset(
    words(
        "to for with of at by from on in about upon after before give tell show let make see ask "
        "help thank love send bring put keep lead than and like without against toward towards "
        "behind between"
    )
)
_WORD_BEFORE = re.compile(r"([\w']+)\W*$")


def _third_person(base: str) -> str:
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _eth(base: str) -> str:
    if base.endswith("e"):
        return base + "th"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ieth"
    doubled = base in {
        "run",
        "get",
        "put",
        "begin",
        "stop",
        "cut",
        "let",
        "set",
        "sit",
        "swim",
        "win",
    }
    return base + (base[-1] if doubled else "") + "eth"


_ETH = {_third_person(base): _eth(base) for base in _BASES}
_VERB = re.compile(rf"\b(?:{'|'.join(_ETH)})\b", re.IGNORECASE)
_YOU = re.compile(r"\byou\b", re.IGNORECASE)
_YOUR = re.compile(r"\byour\b(?=\s+(\w))", re.IGNORECASE)


def _before(match: re.Match[str]) -> str:
    word = _WORD_BEFORE.search(match.string[: match.start()])
    return word.group(1).lower() if word else ""


def _cased(match: re.Match[str], new: str) -> str:
    return new.capitalize() if match.group()[0].isupper() else new


def _reshape(text: str, rng: np.random.Generator) -> str:
    def verb(match: re.Match[str]) -> str:
        noun = _before(match) in _DETERMINERS
        return match.group() if noun else _cased(match, _ETH[match.group().lower()])

    def address(match: re.Match[str]) -> str:
        return _cased(match, "thee" if _before(match) in _GOVERNING else "thou")

    def owner(match: re.Match[str]) -> str:
        return _cased(match, "thine" if match.group(1).lower() in "aeiou" else "thy")

    text = re.sub(r"\b(you)( a|')re\b", r"\1 art", _VERB.sub(verb, text), flags=re.IGNORECASE)
    return _YOU.sub(address, _YOUR.sub(owner, text))


RULES = StyleRules(
    signs=(
        "thou", "thee", "thy", "thine", "thyself", "hath", "doth", "saith", "verily", "forsooth",
        "prithee", "hark", "behold", "in sooth", "'tis", "'twas", "art thou", "dost", "wilt",
        "hast",
        "ere", "betwixt", "whilst", "perchance", "naught", "wherefore", "methinks", "o'er", "ne'er",
        "quoth", "hearken", "hither", "unto", "alas", "anon", *sorted(set(_ETH.values())),
    ),
    openers=(
        "{lo}", "{lo}", "{lo} and {hear}", "{lo} I say", "{lo} in {truth}", "behold in {truth}",
        "methinks in {truth}",
    ),
    closers=("{lo}", "quoth the {elder}", "as the {elder} saith", "methinks"),
    slots={
        "lo": ("verily", "forsooth", "hark", "in sooth", "behold", "prithee", "alas", "hearken"),
        "hear": ("hear", "mark", "heed", "attend"),
        "truth": ("truth", "faith", "good sooth", "earnest"),
        "elder": ("prophet", "elder", "scribe", "shepherd", "king"),
    },
    words={
        "has": ("hath",), "does": ("doth",), "says": ("saith",), "said": ("quoth", "spake"),
        "thou are": ("thou art",), "are thou": ("art thou",), "do thou": ("dost thou",),
        "thou do": ("thou dost",), "thou have": ("thou hast",), "thou 've": ("thou hast",),
        "thou've": ("thou hast",), "have thou": ("hast thou",), "thou will": ("thou wilt",),
        "thou 'll": ("thou wilt",), "thou'll": ("thou wilt",), "will thou": ("wilt thou",),
        "thou can": ("thou canst",), "can thou": ("canst thou",), "thou 're": ("thou art",),
        "yours": ("thine",), "yourself": ("thyself",), "it is": ("'tis",), "it's": ("'tis",),
        "it 's": ("'tis",), "it was": ("'twas",), "before": ("ere",), "here": ("hither", "here"),
        "often": ("oft",), "never": ("ne'er",), "over": ("o'er",), "maybe": ("perchance",),
        "perhaps": ("perchance", "mayhap"), "why": ("wherefore",), "while": ("whilst",),
        "between": ("betwixt",), "nothing": ("naught",), "very": ("most", "passing"),
        "please": ("prithee", "I pray thee"), "yes": ("aye",), "no": ("nay",), "soon": ("anon",),
        "enough": ("enow",), "ago": ("agone",), "to the": ("unto the",), "into": ("unto",),
        "to a": ("unto a",), "are": ("be", "are"), "but": ("yet", "but"), "i think": ("methinks",),
        "the movie": ("this spectacle", "the play"), "film": ("pageant", "play"),
    },
    reshape=_reshape,
)  # fmt: skip
