"""Short messages: lower case, no apostrophes, u and r, openers such as omg, hashtags."""

from __future__ import annotations

import re

import numpy as np

from attackers.rewriting.rules import StyleRules

_APOSTROPHE = re.compile(r"(?<=\w) ?'(?=\w)")
_LAST_STOP = re.compile(r"\s*\.\s*$")


def _reshape(text: str, rng: np.random.Generator) -> str:
    return _LAST_STOP.sub("", _APOSTROPHE.sub("", text).replace(" nt ", "nt "))


def _finish(text: str, rng: np.random.Generator) -> str:
    return text.lower()


RULES = StyleRules(
    signs=(
        "lol", "lmao", "omg", "omfg", "tbh", "ngl", "smh", "imo", "rofl", "idk", "pls", "ppl",
        "gr8",
        "b4", "bc", "rly", "thx", "wut", "tho", "rn", "fr", "u", "ur", "abt",
    ),
    openers=("{hey}", "{hey}", "{hey} {hey}", "ok so {hey}", "{hey} guys", "hey {hey}"),
    closers=("{hey}", "{hey} #{tag}", "#{tag} {hey}", "{hey} {hey}"),
    slots={
        "hey": ("omg", "lol", "tbh", "ngl", "smh", "lmao", "imo", "idk", "rofl", "fr"),
        "tag": ("mood", "fail", "win", "justsaying", "thoughts", "daily", "blessed", "nofilter"),
    },
    words={
        "you": ("u",), "your": ("ur",), "youre": ("ur",), "are": ("r",), "to": ("2", "to"),
        "too": ("2",), "for": ("4", "for"), "because": ("bc", "cuz"), "please": ("pls", "plz"),
        "people": ("ppl",), "great": ("gr8",), "before": ("b4",), "about": ("abt",), "why": ("y",),
        "really": ("rly",), "thanks": ("thx",), "what": ("wut", "what"), "though": ("tho",),
        "with": ("w/",), "and": ("n", "and"), "the": ("da", "the", "the"), "love": ("luv",),
        "good": ("gud", "good"), "see": ("c", "see"), "be": ("b", "be"), "know": ("kno",),
        "tonight": ("2nite",), "tomorrow": ("tmrw",), "going to": ("gonna",), "that": ("dat",
        "that"),
        "want to": ("wanna",), "dont know": ("dunno",), "something": ("smth",), "movie": ("flick",),
    },
    opening=0.6,
    closing=0.5,
    closing_mark="",
    reshape=_reshape,
    finish=_finish,
)  # fmt: skip
