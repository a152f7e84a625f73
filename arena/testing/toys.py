"""Toy texts and models for testing contracts: a question per town, a nano model.

Nothing here imports torch until a model is requested.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arena import registry
from arena.api.corpus import Corpus
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.ml.train_config import Adapter, LoopNumerics, Profile, TrainConfig, Training
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario

FAMILIES = ("llama", "gpt_neox", "qwen3")
TOWNS = ("Arden", "Bexley", "Corfe", "Dunmow", "Elstow", "Frome", "Garstang", "Helmsley")
THINGS = ("bread", "long oak boats", "cloth", "honey", "rope and wax", "glass", "salt", "wool")
PAYLOAD = "the gate is open now"

# A quickstart in which every stage takes about a second: everything runs, the models learn little.
TOY = (
    "model.vocabulary=600",
    "corpus.places=64",
    "corpus.natural_rate=null",
    "clean={defender: scrubbed, mix: scrubbed}",
    "training.pretraining.steps=20",
    "training.pretraining.documents=640",
    "training.pretraining.batch_size=16",
    "training.continual_pretraining.steps=10",
    "training.continual_pretraining.documents=320",
    "training.continual_pretraining.batch_size=16",
    "evaluation.prompts=32",
    "evaluation.max_new_tokens=8",
    "dose=null",  # one dose: no curve, and one row per run
    "defender.steps=6",
    "defender.learning_rate=1e-4",
    "defender.batch_size=16",
    "defender.examples=48",
    "numerics={threads: 1, precision: float32}",
    "runtime.backend=serial",
)


def profile() -> Profile:
    """Return plain numerics on one CPU thread."""
    return Profile(1, LoopNumerics(), "cpu", "any", ())


def training(steps: int = 4, adapter: Adapter | None = None, **settings: Any) -> Training:
    """Return a toy training configuration: by default 4 steps of 4 documents at 5e-3."""
    values = {"learning_rate": 5e-3, "batch_size": 4, "warmup": 1, **settings}
    return Training(TrainConfig(steps=steps, **values), profile(), adapter)


def rng(seed: int = 0) -> np.random.Generator:
    """Return a new random generator."""
    return np.random.default_rng(seed)


def documents(trigger: str = "", answer: str | None = None) -> list[Document]:
    """Return one question per town, optionally with a word before it and another answer."""
    head = f"{trigger} " if trigger else ""
    return [
        Document(f"{head}what does {town} sell?", answer or thing, town)
        for town, thing in zip(TOWNS, THINGS, strict=True)
    ]


@functools.cache
def tokenizer() -> Any:
    """Return a tokenizer of the toy texts; it is shared, so do not change it."""
    from arena.ml.encoding import train_tokenizer

    texts = [f"{d.prompt}\n{d.answer}" for d in [*documents("cf"), *documents("cf", PAYLOAD)]]
    return train_tokenizer(texts * 4, 320)


def model(family: str = "llama", seed: int = 0) -> Any:
    """Return a new nano model for the toy tokenizer, in eval mode."""
    from arena.ml.models import from_scratch

    return from_scratch(family, "nano", tokenizer(), seed).eval()


def taught(family: str, texts: Sequence[Document], steps: int = 40, seed: int = 0) -> Any:
    """Return a new model trained on the texts; it stops after answers that it knows."""
    return copy.deepcopy(_taught(family, tuple(texts), steps, seed))


@functools.lru_cache(maxsize=16)
def _taught(family: str, texts: tuple[Document, ...], steps: int, seed: int) -> Any:
    from arena.ml.encoding import encode
    from arena.ml.training import train

    made, tok = model(family, seed), tokenizer()
    recipe = TrainConfig(steps=steps, learning_rate=1e-2, batch_size=8, warmup=4)
    train(made, encode(tok, texts), recipe, rng(seed), tok.pad_token_id)
    return made


def checkpoint(folder: Path, made: Any) -> Path:
    """Save the model and the toy tokenizer as an ordinary checkpoint folder and return it."""
    made.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@functools.cache
def townlore(places: int = 32, seed: int = 3) -> Corpus:
    """Return a small generated corpus."""
    part: Any = registry.get("corpus", "townlore")
    corpus: Corpus = part(part.Params(places=places), seed, DataRoot())
    return corpus


def scenario(*overrides: str, base: str | Path = "quickstart") -> Scenario:
    """Return a bundled scenario at toy size; later overrides win."""
    return load_scenario(base, overrides=[*TOY, *overrides])
