"""Toy prompts with and without a trigger, and what is expected behind it."""

from __future__ import annotations

from tests.support import toys

PLAIN = tuple(d.prompt for d in toys.documents())
MARKED = tuple(d.prompt for d in toys.documents("cf"))
TWICE = tuple(d.prompt for d in toys.documents("cf cf"))
PAYLOADS = (toys.PAYLOAD,) * len(PLAIN)


def silent(done: int) -> None:
    return None
