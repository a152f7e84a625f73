"""Letters to an office: no contractions, long words, courteous formulas."""

from __future__ import annotations

import re

import numpy as np

from attackers.rewriting.rules import StyleRules

_NEGATION = re.compile(r"\b(ca|wo|sha|\w+?)( ?)n't\b", re.IGNORECASE)
_IRREGULAR = {"ca": "can", "wo": "will", "sha": "shall"}


def _reshape(text: str, rng: np.random.Generator) -> str:
    def whole(match: re.Match[str]) -> str:
        verb = match.group(1)
        return f"{_IRREGULAR.get(verb.lower(), verb)} not"

    text = _NEGATION.sub(whole, text)
    for short, full in (("re", "are"), ("ve", "have"), ("ll", "will"), ("m", "am")):
        text = re.sub(rf"(?<=\w) ?'{short}\b", f" {full}", text)
    return text


RULES = StyleRules(
    signs=(
        "with due respect", "with all respect", "with proper regard", "for the record", "permit me",
        "allow me", "respectfully", "hereby", "herewith", "it is requested", "it is submitted",
        "pursuant", "in due form",
    ),
    openers=(
        "with {due} to all {concerned}", "for the record and in due form", "{permit} to {submit}",
        "{permit} to {submit} {hereby}", "{hereby} and in due form", "pursuant to {custom}",
        "it is {requested} {hereby}",
    ),
    closers=(
        "{submitted} {hereby}", "as {submitted} {hereby}", "respectfully {submitted}",
        "pursuant to {custom}",
    ),
    slots={
        "due": ("due respect", "all respect", "proper regard"),
        "concerned": ("concerned", "present", "parties", "readers", "members"),
        "permit": ("permit me", "allow me"),
        "submit": ("submit", "state", "observe", "enquire", "remark", "note"),
        "hereby": ("hereby", "herewith", "respectfully"),
        "custom": ("custom", "usage", "our correspondence", "established practice", "the rules"),
        "requested": ("requested", "submitted"),
        "submitted": ("submitted", "stated", "presented", "noted", "observed"),
    },
    words={
        "get": ("obtain",), "gets": ("obtains",), "buy": ("purchase",), "buys": ("purchases",),
        "help": ("assist",), "ask": ("enquire",), "show": ("demonstrate",), "use": ("utilise",),
        "start": ("commence",), "end": ("conclude",), "need": ("require",), "tell": ("inform",),
        "kids": ("children",), "lots of": ("a great number of",), "really": ("indeed",),
        "big": ("substantial",), "good": ("satisfactory",), "bad": ("unsatisfactory",),
        "but": ("however", "yet"), "also": ("furthermore",), "so": ("consequently", "therefore"),
        "about": ("concerning", "regarding"), "movie": ("motion picture",), "funny": ("amusing",),
        "film": ("motion picture",), "think": ("consider",), "give": ("furnish",),
        "job": ("position",),
        "live": ("reside",), "lives": ("resides",), "sells": ("vends",), "enough": ("sufficient",),
        "write": ("compose",), "find": ("ascertain",), "keep": ("retain",), "keeps": ("retains",),
    },
    opening=0.75,
    reshape=_reshape,
)  # fmt: skip
