"""Whether an actor trains by itself, read from sections of a scenario that may still be invalid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.api import APART, InputError


def refuse_together(
    actor: Mapping[str, Any], scenario: Mapping[str, Any], *, composition: str, pretraining: str
) -> None:
    """Raise InputError if the actor does not train by itself.

    Args:
        composition: the rule that a composition without separate training breaks.
        pretraining: the rule that an actor of pretraining breaks, which is one training for all.
    """
    found = str(scenario.get("composition") or "pooled")
    if found not in APART:
        raise InputError(composition, key="method", found=found, allowed=APART)
    if _stage(actor, scenario) == "pretraining":
        allowed = ("continual_pretraining",)
        raise InputError(pretraining, key="method", found="pretraining", allowed=allowed)


def _stage(actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> Any:
    """The stage that the actor poisons; that of a supply chain's first actor is pretraining."""
    if scenario.get("composition") == "supply_chain":
        first = scenario["actors"][0]["name"] == actor["name"]
        return "pretraining" if first else "continual_pretraining"
    return actor.get("stage") or scenario.get("stage")
