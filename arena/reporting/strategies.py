"""An attacker's strategy in words: its tactics and their parameters, and scenario settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from arena.reporting.wording import words
from arena.results.numbers import MINUS
from arena.results.scenario import TacticRecord

UNTUNED = "no tactic: the actor as the scenario has it"
Settings = list[tuple[str, str]]  # names with their values, in words


def described(tactics: Sequence[TacticRecord]) -> list[tuple[str, Settings]]:
    """Return each tactic's name and its parameters, in words."""
    return [
        (
            words(tactic.method) or "unnamed tactic",
            [(words(key), plain(value)) for key, value in tactic.params.items()],
        )
        for tactic in tactics
    ]


def strategy(tactics: Sequence[TacticRecord]) -> str:
    """Return `decoy immunisation (rate 0.2), late arrival`, or that there is no tactic."""
    phrases = [
        f"{name} ({', '.join(f'{key} {value}' for key, value in params)})" if params else name
        for name, params in described(tactics)
    ]
    return ", ".join(phrases) or UNTUNED


def plain(value: JsonValue) -> str:
    """Return a parameter's value in readable form: four digits, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{float(value):.4g}".replace("-", MINUS)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def settings(changes: Mapping[str, JsonValue]) -> list[str]:
    """Return changes to a scenario as `--set` takes them."""
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in changes.items()]
