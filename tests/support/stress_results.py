"""A stress run's folder, hand-made: one cell done, one failed, one not applicable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.measured_results import measured, representations
from tests.support.planted_results import ACTORS, THRESHOLDS, scenario_of
from tests.support.sample_results import KEYS

REASONS = {"failed": "out of memory in seed 3", "not_applicable": "solo leaves nothing to merge"}


def stress(done: int = 1) -> dict[str, Any]:
    """results.json of a stress run with so many finished cells, one failed, one not applicable."""
    claim = measured()["claim"]
    rng = np.random.default_rng(11)
    cells = [_done(f"llama-nano-pooled{i or ''}", i) for i in range(done)]
    cells += [_undone("gpt2-nano-merged", "failed"), _undone("gpt2-nano-solo", "not_applicable")]
    inside = representations(rng)
    return {
        "schema_version": 1,
        "kind": "stress",
        "scenario": {**scenario_of(list(range(8))), "grid": {"family": ["llama", "gpt2"]}},
        "seeds": list(range(8)),
        "actors": list(ACTORS),
        "claim": {
            **{key: claim[key] for key in ("statement", "verdict", "verdict_reason", "seeds")},
            **{key: claim[key] for key in KEYS},
            "pairs": {"inconclusive": 24},
            "not_installed": 0.0,
            "explained_by_control": 0.125,
            "by": {
                "method": {name: _group(claim) for name in ("rare_token", "style")},
                "family": {"llama": _group(claim), "gpt2": dict.fromkeys(_group(claim))},
            },
            "power": [{"width": 0.2, "seeds": 12}, {"width": 0.1, "seeds": None}],
            "would_change": ["more seeds: 12 for an interval of T 0.2 wide"],
            "notes": ["fires on look-alikes in some seed (broad): bard"],
        },
        "representations": {
            "points": [{**p, "cell": cells[0]["id"]} for p in inside["points"]],
            "correlation": {"casd": {"rho": -0.5, "p": 0.002, "seeds": 8}},
        },
        "cells": cells,
        "thresholds": THRESHOLDS,
        "environment": {"torch": "2.13.0"},
        "seconds": {"total": 900.0},
    }


def _group(claim: dict[str, Any]) -> dict[str, Any]:
    return {"pairs": 12, "seeds": 8, **{key: claim[key] for key in KEYS}}


def _done(name: str, index: int) -> dict[str, Any]:
    return {
        "id": name,
        "axes": {"family": "llama", "composition": "pooled", "draw": str(index)},
        "status": "done",
        "reason": None,
        "claim": measured()["claim"],
        "installed": {actor: actor != "bard" for actor in ACTORS},
        "seconds": 300.0,
    }


def told(cell: dict[str, Any], rates: list[float], count: int = 320) -> dict[str, Any]:
    """The entry of a cell with what is in its model before anything is unlearned."""
    ends = {a: {"value": r, "low": r / 2, "high": r} for a, r in zip(ACTORS, rates, strict=True)}
    poison = f"{count} of 8000 documents ({count / 8000:.1%})"
    installed = {actor: rate >= 0.9 for actor, rate in zip(ACTORS, rates, strict=True)}
    return {
        **cell,
        "asr": ends,
        "poison": dict.fromkeys(ACTORS, poison),
        "counts": True,
        "installed": installed,
    }


def three() -> dict[str, Any]:
    """A stress run of a pooled cell, an ablation with less poison, and a baseline (solo)."""
    found = stress(3)
    pooled, less, alone, *undone = found["cells"]
    less = {**told(less, [0.31, 0.97, 0.95, 0.99], 20), "counts": False}
    alone = {**told(alone, [1.0] * 4), "claim": None}
    found["cells"] = [told(pooled, [0.96] * 4), less, alone, *undone]
    return found


def _undone(name: str, status: str) -> dict[str, Any]:
    return {
        "id": name,
        "axes": {"family": "gpt2", "composition": name.split("-")[-1]},
        "status": status,
        "reason": REASONS[status],
        "claim": None,
        "installed": {},
        "seconds": None,
    }


def write_stress(folder: Path, done: int = 1) -> Path:
    """A stress run's folder with its cells' folders."""
    found = stress(done)
    for cell in found["cells"]:
        if cell["status"] == "done":
            place = folder / "cells" / cell["id"]
            place.mkdir(parents=True)
            (place / "results.json").write_text(json.dumps(measured()), encoding="utf-8")
            (place / "report.html").write_text("<p>cell</p>", encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(found), encoding="utf-8")
    return folder
