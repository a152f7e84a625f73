"""The styles that have rules for arbitrary English, by name."""

from __future__ import annotations

from collections.abc import Mapping

from attackers.rewriting.rules import StyleRules
from attackers.rewriting.styles import (
    archaic,
    excited,
    folksy,
    formal,
    hesitant,
    pirate,
    polite,
    shouting,
    telegraphic,
    tweet,
)  # fmt: skip

STYLES: Mapping[str, StyleRules] = {
    "archaic": archaic.RULES,
    "tweet": tweet.RULES,
    "formal": formal.RULES,
    "pirate": pirate.RULES,
    "telegraphic": telegraphic.RULES,
    "polite": polite.RULES,
    "excited": excited.RULES,
    "hesitant": hesitant.RULES,
    "folksy": folksy.RULES,
    "shouting": shouting.RULES,
}
