"""The optional parts of results.json, hand-made: co-residence, representations, reactivation,
quiet. Simulated draws around set means, never a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.planted_results import ACTORS
from tests.support.sample_results import estimate, results

SAMPLES = (0, 8, 16, 32, 64, 128)
LAYERS = 3
NOTE = "the original paper's own formula was not available to us"
VARIANTS = ("casd", "mean_absolute", "cosine", "clean")
Model = tuple[str, str | None]
UNLEARNED: list[Model] = [("unlearned", actor) for actor in ACTORS]


def around(rng: np.random.Generator, mean: float, spread: float = 0.03) -> dict[str, Any]:
    """An estimate over eight draws, bounded as rates are."""
    drawn = np.clip(rng.normal(mean, spread, 8), 0, 1)
    return estimate([float(value) for value in drawn])


def inserted(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Summary rows of a sequential insertion, and of one actor alone."""
    rows = []
    for index, actor in enumerate(ACTORS[:-1]):
        means = [0.97 - 0.15 * (index - i) if i <= index else 0.01 for i in range(len(ACTORS))]
        rows.append(_summary(rng, f"after {actor}", actor, means))
    alone = [0.99 if actor == "bard" else 0.01 for actor in ACTORS]
    return [*rows, _summary(rng, "bard alone", "bard", alone)]


def _summary(
    rng: np.random.Generator, label: str, target: str, means: list[float]
) -> dict[str, Any]:
    asr = {a: {**around(rng, m), "seeds": 8} for a, m in zip(ACTORS, means, strict=True)}
    return {
        "label": label,
        "kind": "inserted",
        "target": target,
        "asr": asr,
        "clean_accuracy": around(rng, 0.98, 0.01),
        "token_accuracy": around(rng, 0.99, 0.01),
        "perplexity": {"value": 1.8, "low": None, "high": None},
        "update_norm": {"value": 3.1, "low": None, "high": None},
    }


def representations(rng: np.random.Generator, seeds: int = 8) -> dict[str, Any]:
    points = [
        {
            "seed": seed,
            "from": one,
            "to": other,
            **{variant: float(distance) for variant in VARIANTS},
            "transfer": float(np.clip(1.1 - 2 * distance + rng.normal(0, 0.15), -0.2, 1)),
        }
        for seed in range(seeds)
        for one in ACTORS
        for other in ACTORS
        if one != other
        for distance in [rng.uniform(0.08, 0.5)]
    ]
    models: list[Model] = [("reference", None), ("compromised", None), ("control", None)]
    return {
        "layers": LAYERS,
        "seeds": seeds,
        "note": NOTE,
        "pairs": [
            {
                "a": a,
                "b": b,
                **{variant: around(rng, 0.21) for variant in VARIANTS},
                "per_layer": [around(rng, 0.2) for _ in range(LAYERS)],
            }
            for i, a in enumerate(ACTORS)
            for b in ACTORS[i + 1 :]
        ],
        "points": points,
        "correlation": {
            "casd": {"rho": -0.61, "p": 0.0004, "seeds": seeds, "per_seed": []},
            "mean_absolute": {"rho": 0.43, "p": 0.021, "seeds": seeds, "per_seed": []},
            "cosine": {"rho": -0.12, "p": 0.41, "seeds": seeds, "per_seed": []},
            "clean": {"rho": None, "p": None, "seeds": 0, "per_seed": []},
        },
        "per_layer": [
            {"layer": layer + 1, "rho": -0.2 * layer, "p": 0.5 / (layer + 1) ** 3}
            for layer in range(LAYERS)
        ],
        "recognition": [
            {
                "kind": kind,
                "target": target,
                "actor": actor,
                "layers": [around(rng, 0.6 + 0.1 * layer) for layer in range(LAYERS)],
                "above_reference": [around(rng, 0.1 + 0.1 * layer) for layer in range(LAYERS)],
            }
            for kind, target in [*models, *UNLEARNED]
            for actor in ACTORS
        ],
    }


def reactivation(rng: np.random.Generator) -> dict[str, Any]:
    models: list[Model] = [("reference", None), ("control", None), *UNLEARNED]
    return {
        "samples": list(SAMPLES),
        "curves": [
            {"kind": kind, "target": target, "actor": actor, "asr": _rising(rng, kind, own)}
            for kind, target in models
            for actor in ACTORS
            for own in [target == actor]
        ],
        "costs": [
            {
                "kind": kind,
                "target": target,
                "actor": actor,
                "seeds": 8,
                "reached": 7,
                "samples": {"value": 12.25, "low": 6.0, "high": 18.5},
                "reference": {"value": 71.0, "low": 60.0, "high": 82.0},
                "difference": {"value": -58.75, "low": -70.0, "high": -47.5},
            }
            for kind, target in models[1:]
            for actor in ACTORS
        ],
    }


def _rising(rng: np.random.Generator, kind: str, own: bool) -> list[dict[str, Any]]:
    start, half = {"reference": (0.01, 70), "control": (0.93, 1)}.get(kind, (0.3, 12))
    start, half = (0.0, 24) if own else (start, half)
    return [around(rng, start + (0.99 - start) * k / (k + half)) for k in SAMPLES]


def quiet(rng: np.random.Generator) -> dict[str, Any]:
    models: list[Model] = [("compromised", None), ("control", None), *UNLEARNED]
    return {
        "temperature": 0.7,
        "draws": 4,
        "rows": [
            {
                "kind": kind,
                "target": target,
                "actor": actor,
                "greedy": around(rng, 0.4),
                "sampled": around(rng, 0.35),
                "repeated": None if actor in ("bard", "linguist") else around(rng, 0.6),
                "moved": None if actor == "linguist" else around(rng, 0.5),
            }
            for kind, target in models
            for actor in ACTORS
        ],
    }


def measured(n_seeds: int = 8) -> dict[str, Any]:
    """results.json of a run that measured everything; a fresh copy."""
    rng = np.random.default_rng(7)
    found = results(n_seeds)
    found["summary"] += inserted(rng)
    found["representations"] = representations(rng, n_seeds)
    found["reactivation"] = reactivation(rng)
    found["quiet"] = quiet(rng)
    return found
