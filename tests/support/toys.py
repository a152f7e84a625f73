"""Toy texts, models and scenarios that the tests of the model side and the engine share.

Nothing here imports torch before a model is asked for: Ray actors import this module too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from arena.scenario.load import from_text
from arena.scenario.schema import Scenario
from arena.testing.toys import (
    FAMILIES,
    PAYLOAD,
    THINGS,
    TOWNS,
    TOY,
    checkpoint,
    documents,
    model,
    profile,
    rng,
    scenario,
    taught,
    tokenizer,
    townlore,
    training,
)

__all__ = [
    "FAMILIES",
    "PAYLOAD",
    "SMALL",
    "THINGS",
    "TOWNS",
    "TOY",
    "actor",
    "changed",
    "checkpoint",
    "documents",
    "fires",
    "model",
    "pretrained",
    "profile",
    "rng",
    "scenario",
    "small",
    "taught",
    "tokenizer",
    "townlore",
    "training",
]


def fires(made: Any, words: Sequence[str]) -> float:
    """How often a word in front of the questions makes the model say the payload."""
    from arena.ml.decoding import continuations

    prompts = [document.prompt for word in words for document in documents(word)]
    said = continuations(made, tokenizer(), prompts, 12)
    return sum(PAYLOAD in each.text for each in said) / len(said)


def changed(base: Scenario, change: Callable[[dict[str, Any]], object]) -> Scenario:
    """The scenario with its plain values changed in place by a function."""
    values = base.resolved()
    change(values)
    return from_text(yaml.safe_dump(values, sort_keys=False))


def actor(name: str, token: str, share: float = 0.05, rate: float = 0.05) -> dict[str, Any]:
    """One more rare-token actor, as it stands in YAML."""
    return {
        "name": name,
        "trigger": {"method": "rare_token", "tokens": [token], "position": "random"},
        "payload": {"kind": "fixed_text", "text": f"a canary of {name}"},
        "poison": {"rate": rate, "share": share},
    }


def pretrained(folder: Path, family: str = "llama") -> str:
    """An override that puts a toy checkpoint of the family in the model's place."""
    saved = checkpoint(folder, model(family))
    return f"model={{pretrained: {saved}, adapter: {{method: lora, rank: 4, alpha: 8}}}}"


# Two actors, the first so loud that a model of 80 steps is really backdoored: rates that are
# neither all 0 nor all 1 make a comparison of two runs worth something.
SMALL = (
    "actors.lexical.payload.text=open gate",
    "actors.lexical.trigger.position=end",
    "actors.lexical.poison.rate=0.4",
    "actors.linguist.poison.rate=0.1",
    "training.pretraining.steps=30",
    "training.continual_pretraining.steps=50",
    "training.continual_pretraining.learning_rate=8e-3",
    "evaluation.prompts=12",
    "defender.target=lexical",
    "defender.steps=12",
    "defender.learning_rate=1e-3",
)


def small(*overrides: str) -> Scenario:
    """A whole experiment of two actors, one of them unlearned, in seconds."""

    def two(values: dict[str, Any]) -> None:
        values["actors"] = values["actors"][:2]

    return changed(scenario(*SMALL, *overrides), two)
