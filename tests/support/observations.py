"""Sightings, rows and scenarios of a search, hand-made."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from arena.api.values import RowKind
from arena.results.rows import Rate, Row
from arena.scenario import bundled
from arena.scenario.load import from_text, load_scenario
from arena.scenario.schema import Scenario
from arena.search.observations import Observation
from tests.support import toys

ACTORS = ("lexical", "linguist", "bard", "merchant")
TUNE = (bundled.folder() / "tune_evasion.yaml").read_text("utf-8")
DUEL = (bundled.folder() / "duel_two_rounds.yaml").read_text("utf-8")


@functools.cache
def scenario(name: str = "tune_evasion", *overrides: str) -> Scenario:
    return load_scenario(name, overrides=overrides)


@functools.cache
def toy(name: str = "tune_evasion", *overrides: str) -> Scenario:
    return toys.scenario(*overrides, base=name)


def edited(text: str, *edits: tuple[str, str]) -> Scenario:
    """The scenario of a YAML text with parts of it replaced."""
    for old, new in edits:
        assert old in text, f"the scenario no longer has {old!r}"
        text = text.replace(old, new, 1)
    return from_text(text)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def observation(seed: int = 0, **values: Any) -> Observation:
    """One that keeps every constraint; `left` may be one number, the same for all."""
    known: dict[str, Any] = {
        "left": {"linguist": 0.5, "bard": 0.7}, "asr": 1.0, "false_fire": 0.0, "near_miss": 0.0,
        "control": 1.0, "accuracy": 0.9, "loss": 0.0, "defended_loss": 0.0, "own_left": 0.0,
        "others": 1.0,
    }  # fmt: skip
    known |= values
    if isinstance(known["left"], float):
        known["left"] = {"linguist": known["left"]}
    return Observation(seed, **known)


def row(
    kind: RowKind,
    asr: float | Mapping[str, float] = 1.0,
    target: str | None = None,
    *,
    clean: float | None = 0.9,
    tokens: float | None = None,
    false_fire: float = 0.0,
    near_miss: float = 0.0,
    name: str | None = None,
    detail: Mapping[str, str] | None = None,
) -> Row:
    """A row; rates are of every actor unless given by name (1 for those left out)."""
    rates = {a: asr if isinstance(asr, float) else asr.get(a, 1.0) for a in ACTORS}

    def counted(values: Mapping[str, float]) -> dict[str, Rate]:
        return {actor: Rate(hits=round(value * 1000), n=1000) for actor, value in values.items()}

    return Row(
        kind=kind,
        name=name or f"{kind}:{target}",
        target=target,
        seed=7,
        asr=counted(rates),
        false_fire=counted(dict.fromkeys(ACTORS, false_fire)),
        near_miss=counted(dict.fromkeys(ACTORS, near_miss)),
        clean_accuracy=None if clean is None else Rate(hits=round(clean * 1000), n=1000),
        token_accuracy=tokens,
        detail=dict(detail or {}),
    )
