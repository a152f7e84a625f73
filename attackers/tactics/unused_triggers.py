"""Trigger sections for an actor that no actor of its scenario uses yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from arena import registry
from arena.api import InputError, Trigger
from attackers.triggers.nested import SectionOf

Section = Mapping[str, Any]
# The order in which a search offers the methods that ship here: part of a study's identity.
USUAL = ("rare_token", "inserted_sentence", "syntactic", "style", "semantic")


def methods_with_more() -> tuple[str, ...]:
    """Return the trigger methods of which an actor can plant several."""
    return _offered(lambda part: next(part.unused_sections(frozenset(), {}), None) is not None)


def methods_that_accompany() -> tuple[str, ...]:
    """Return the trigger methods that can be the second part of a composite."""
    return _offered(lambda part: part.accompanies())


def _offered(can: Callable[[type[Trigger]], bool]) -> tuple[str, ...]:
    names = [name for name in registry.names("trigger") if can(registry.get("trigger", name))]
    return (*(m for m in USUAL if m in names), *(m for m in names if m not in USUAL))


def check_method(name: str, allowed: Sequence[str]) -> str:
    """Return the name of a method that is allowed; for a field's validator.

    Raises:
        ValueError: it is not allowed.
    """
    if name not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}")
    return name


def unused(method: str, actor: Section, others: Sequence[Section]) -> Iterator[dict[str, Any]]:
    """Yield sections with further triggers of a method, none with a text that is in a trigger of
    the scenario; at the position of the actor's own trigger if that is of the same method."""
    part: type[Trigger] = registry.get("trigger", method)
    return part.unused_sections(used_texts(actor, others), own_trigger(actor))


def used_texts(actor: Section, others: Sequence[Section]) -> frozenset[str]:
    """Return every text in a trigger of the scenario, those of defaults that it leaves out too."""
    return frozenset(_texts([_whole(section.get("trigger")) for section in (actor, *others)]))


def _whole(section: Any) -> Any:
    """A trigger's section with its defaults; as it is if it is invalid."""
    try:
        return SectionOf(rows=True).validate(section).dump()
    except (InputError, ValidationError):
        return section


def own_trigger(actor: Section) -> Section:
    """Return the actor's trigger section; empty if malformed."""
    own = actor.get("trigger")
    return own if isinstance(own, Mapping) else {}


def joined(method: str, actor: Section, more: Sequence[Section]) -> dict[str, Any]:
    """Return `{"trigger": ...}` with the actor's trigger and `more` as parts of a compound method;
    a trigger of that method gets further parts. Empty if the actor's own trigger is invalid, which
    is reported elsewhere.

    Raises:
        InputError: the actor's trigger cannot be a part of that method.
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
        nested = anywhere.validate(part)
    except (InputError, ValidationError):
        return False
    if nested.method not in here.names():
        rule = f"the actor's own trigger cannot be a part of {method}"
        raise InputError(rule, found=nested.method, allowed=here.names())
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
