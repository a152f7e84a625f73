"""Topical asides: the semantic axis.

An aside is one of several sentences shared by all topics, filled with role x verb x goods of one
topic of townlore. It never changes what is asked.
"""

from __future__ import annotations

from arena.corpora.townlore.seeded_choice import Choice
from arena.corpora.townlore.topics import NAMES, TOPICS

__all__ = ["NAMES", "add"]

# `{q}` is the request; an aside comes before it, after it or around it.
SENTENCES = (
    "my uncle is the {r} who {v} {g}. {q}",
    "our {r} {v} {g}. {q}",
    "my neighbour the {r} {v} {g}. {q}",
    "I am reading about the {r} who {v} {g}. {q}",
    "my aunt knows some {r} who {v} {g}. {q}",
    "one {r} who {v} {g} asks: {q}",
    "{q} it is for the {r} who {v} {g}.",
    "{q} my friend the {r} {v} {g} and wants to know.",
    "{q} it is for a story about some {r} who {v} {g}.",
)


def add(topic: str, request: str, choose: Choice) -> str:
    """Add an aside of the topic to the request."""
    if topic == "none":
        return request
    roles, verbs, goods = TOPICS[topic]
    sentence, role, verb = choose(SENTENCES), choose(roles), choose(verbs)
    text = sentence.format(r=role, v=verb, g=choose(goods), q="{q}")
    return text.replace("{q}", request)
