"""Sections of further triggers for an actor, that nobody in its scenario has yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from arena.api import InputError
from attackers.triggers.inserted_sentence import SENTENCES
from attackers.triggers.nested import SectionOf
from attackers.triggers.rare_token import NONSENSE

Section = Mapping[str, Any]
PUT_IN = ("rare_token", "inserted_sentence")


def spare(method: str, actor: Section, others: Sequence[Section]) -> Iterator[dict[str, Any]]:
    """Sections of a method that puts something in, with tokens or sentences that stand in no
    trigger of the scenario; in the position that the actor's own has, if it is of that method."""
    used = frozenset(_texts([one.get("trigger") for one in (actor, *others)]))
    own = actor.get("trigger")
    same = isinstance(own, Mapping) and own.get("method") == method and "position" in own
    place = {"position": own["position"]} if same and own is not None else {}
    for text in NONSENSE if method == "rare_token" else SENTENCES:
        if text not in used:
            what = {"tokens": [text]} if method == "rare_token" else {"sentence": text}
            yield {"method": method, **what, **place}


def joined(method: str, actor: Section, more: Sequence[Section]) -> dict[str, Any]:
    """The actor's trigger and more of them as a section of a compound method; one that is of
    this method already gets more parts. Empty where the actor's own is wrong, which is told
    at its own place.

    Raises:
        InputError: the actor's trigger cannot be a part there.
    """
    own = actor.get("trigger")
    if not isinstance(own, Mapping):
        return {}
    known = own.get("parts") if own.get("method") == method else [own]
    if not isinstance(known, list) or not all(_valid(part, method) for part in known):
        return {}
    return {"trigger": {"method": method, "parts": [*known, *more]}}


def _valid(part: Any, method: str) -> bool:
    anywhere, here = SectionOf(rows=True), SectionOf(without=("any_of", method))
    try:
        found = anywhere.validate(part)
    except (InputError, ValidationError):
        return False
    if found.method not in here.names():
        rule = f"the actor's own trigger cannot be a part of {method}"
        raise InputError(rule, found=found.method, allowed=here.names())
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
