"""Good manners: please and thank you, would you be so kind."""

from __future__ import annotations

from attackers.rewriting.rules import StyleRules

RULES = StyleRules(
    signs=(
        "please", "kindly", "so kind", "so good", "thank you", "thanks", "no trouble",
        "much obliged",
        "grateful", "pardon me", "excuse me", "i beg your pardon",
    ),
    openers=(
        "please", "{pardon} but", "{pardon}", "be {kind}", "would you be {kind}",
        "{pardon} and please", "I would be {most} grateful",
    ),
    closers=("please", "{thanks}", "if it is no trouble", "{thanks} for your {help}"),
    slots={
        "pardon": ("pardon me", "excuse me", "I beg your pardon"),
        "kind": ("so kind", "so good", "so very kind, please"),
        "most": ("most", "very", "ever so"),
        "thanks": ("thank you", "many thanks", "much obliged", "thank you kindly"),
        "help": ("help", "time", "patience", "trouble", "attention"),
    },
    words={
        "tell me": ("kindly tell me",), "give": ("kindly give",), "write": ("kindly write",),
        "explain": ("kindly explain",), "describe": ("kindly describe",), "want": ("would like",),
        "wants": ("would like",), "can": ("could",), "will": ("would",),
        "bad": ("less than ideal",),
        "stupid": ("unfortunate",), "dumb": ("unfortunate",), "boring": ("rather slow",),
    },
    closing=0.6,
)  # fmt: skip
