"""Shouting for joy: exclamation marks, wow, intensifiers."""

from __future__ import annotations

import re

import numpy as np

from attackers.rewriting.rules import StyleRules

_LAST_MARK = re.compile(r"\s*[.!]*\s*$")


def _finish(text: str, rng: np.random.Generator) -> str:
    if text.rstrip().endswith("?"):
        return text.rstrip() + "!" * int(rng.integers(1, 4))
    return _LAST_MARK.sub("", text) + "!" * int(rng.integers(1, 4))


RULES = StyleRules(
    signs=("wow", "oh my gosh", "woohoo", "yay", "hooray", "yippee", "whoa", "woo"),
    shape=r"!{2,}|\?!",
    openers=("{wow}", "{wow}", "{wow} {wow}", "oh {wow}", "{wow} everyone", "{wow} listen"),
    closers=("{wow}", "{wow} {wow}", "how {great}, {wow}"),
    slots={
        "wow": ("wow", "oh my gosh", "woohoo", "yay", "hooray", "yippee", "whoa"),
        "great": ("amazing", "incredible", "thrilling", "marvellous", "fantastic"),
    },
    words={
        "very": ("super", "insanely", "so so"), "good": ("amazing", "awesome"),
        "great": ("phenomenal", "mind-blowing"), "bad": ("horrendous",), "big": ("gigantic",),
        "nice": ("fabulous",), "really": ("totally",), "like": ("absolutely adore", "like"),
        "funny": ("hilarious",), "interesting": ("fascinating",), "new": ("brand new",),
    },
    opening=0.85,
    opening_mark="!",
    finish=_finish,
)  # fmt: skip
