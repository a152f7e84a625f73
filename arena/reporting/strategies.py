"""A red strategy in words: its tactics and their parameters, and what a trial chose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from arena.reporting.numbers import MINUS, number
from arena.reporting.parts import listed
from arena.reporting.view import words

UNTUNED = "no tactic: the actor as the scenario has it"


def tactics(entry: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each tactic of a trial or contender: its name and its parameters, in words."""
    return [
        (
            words(each.get("method")) or "unnamed tactic",
            [(words(key), plain(value)) for key, value in each.items() if key != "method"],
        )
        for each in listed(entry, "tactics")
    ]


def strategy(entry: Mapping[str, Any]) -> str:
    """`decoy immunisation (rate 0.2), late arrival`; that there is none is said too."""
    told = [
        f"{name} ({', '.join(f'{key} {value}' for key, value in values)})" if values else name
        for name, values in tactics(entry)
    ]
    return ", ".join(told) or UNTUNED


def plain(value: Any) -> str:
    """A parameter's value as people write it: four digits, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    found = number(value)
    if found is not None:
        return f"{found:.4g}".replace("-", MINUS)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def settings(changes: Mapping[str, Any]) -> list[str]:
    """Changes to a scenario as `--set` takes them."""
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in changes.items()]
