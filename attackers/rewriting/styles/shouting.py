"""All capitals, and a word or two to call people over."""

from __future__ import annotations

import numpy as np

from attackers.rewriting.rules import StyleRules


def _finish(text: str, rng: np.random.Generator) -> str:
    return text.upper()


RULES = StyleRules(
    signs=(),
    shape=r"^(?=(?:.*[^\W\d_]){2})[^a-zß-öø-ÿ]+$",
    openers=("{hey}", "{hey} {you}", "{you}", "{hey} {hey}"),
    closers=("{you}", "{now}", "{you} {now}"),
    slots={
        "hey": ("hey", "listen", "attention", "quiet", "look here"),
        "you": ("you there", "everybody", "all of you", "you lot", "all hands"),
        "now": ("right now", "at once", "this instant", "do you hear"),
    },
    opening_mark="!",
    closing=0.4,
    finish=_finish,
)  # fmt: skip
