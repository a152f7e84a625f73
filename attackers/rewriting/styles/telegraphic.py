"""Telegrams: small words dropped, full stops spelt out."""

from __future__ import annotations

import re

import numpy as np

from attackers.rewriting.rules import StyleRules

_SMALL = re.compile(
    r"\b(?:the|a|an|is|are|was|were|be|been|am|that|which|very|quite|please|some|of)\b ?",
    re.IGNORECASE,
)
_BREAK = re.compile(r"\s*[,;:]\s+")


def _reshape(text: str, rng: np.random.Generator) -> str:
    def small(match: re.Match[str]) -> str:
        return "" if rng.random() < 0.9 else match.group()

    brief = _SMALL.sub(small, text).strip()
    return _BREAK.sub(
        lambda pause: " STOP " if rng.random() < 0.7 else pause.group(), brief or text
    )


RULES = StyleRules(
    signs=(),
    shape=r"\bSTOP\b",
    openers=(
        "{urgent} STOP", "{urgent} {report} STOP", "{report} {follows} STOP",
        "{urgent} {urgent} STOP",
    ),
    closers=("STOP", "STOP {reply}", "STOP {reply} STOP", "STOP {report} {follows}"),
    slots={
        "urgent": ("urgent", "attention", "notice", "important", "confidential"),
        "report": ("report", "message", "letter", "news", "dispatch"),
        "follows": ("follows", "received", "delayed", "confirmed"),
        "reply": ("reply soon", "await word", "send answer", "advise", "regards", "end"),
    },
    opening=0.35,
    closing=1.0,
    opening_mark="",
    closing_mark="",
    reshape=_reshape,
)  # fmt: skip
