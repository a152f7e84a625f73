"""A duel's results, hand-made: simulated draws, never a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.tune_results import est

RED = {
    "red0": "untuned",
    "red1": "decoy_immunisation (rate 0.2), late_arrival (share 0.35)",
    "red2": "decoy_immunisation (rate 0.31)",
}
BLUE = {
    "blue0": "relabel, 60 steps at 1e-4",
    "blue1": "crow, 40 steps at 3e-4",
    "blue2": "crow, 90 steps at 2e-4",
}
LEFT = ((0.10, 0.06, 0.03), (0.71, 0.24, 0.12), (0.66, 0.83, 0.78))


def duel(seeds: int = 8) -> dict[str, Any]:
    """results.json of `arena duel` with so many seeds a cell."""
    rng = np.random.default_rng(6)
    cells = [
        _cell(rng, red, blue, LEFT[i][j], seeds)
        for i, red in enumerate(RED)
        for j, blue in enumerate(BLUE)
    ]
    return {
        "schema_version": 1,
        "kind": "duel",
        "scenario": {"name": "duel_small", "description": "Red and blue tune in turn."},
        "study": {"name": "duel_small", "storage": "sqlite:///runs/study.db"},
        "actor": "lexical",
        "disclosed": "worst",
        "threshold": 0.05,
        "budget": 0.05,
        "seeds": {"search": [100, 101], "select": [102], "report": list(range(seeds))},
        "rounds": [
            {
                "round": 1,
                "red": _move("red1", "blue0", RED["red1"], 0.10, 0.71),
                "blue": _move("blue1", "red1", BLUE["blue1"], 0.71, 0.24),
            },
            {
                "round": 2,
                "red": _move("red2", "blue1", RED["red2"], 0.24, 0.83),
                "blue": _move("blue2", "red2", BLUE["blue2"], 0.83, 0.80),
            },
        ],
        "strategies": {
            "red": [_strategy(name, i, setup) for i, (name, setup) in enumerate(RED.items())],
            "blue": [
                {**_strategy(name, i, setup), "spent": 0.04}
                for i, (name, setup) in enumerate(BLUE.items())
            ],
        },
        "last": {"red": "red2", "blue": "blue1"},
        "payoff": cells,
        "replies": {
            "red": {"blue0": "red1", "blue1": "red2", "blue2": "red2"},
            "blue": {"red0": "blue2", "red1": "blue2", "red2": "blue0"},
        },
        "cycles": False,
        "ended": "rounds",
        "environment": {"torch": "2.13.0"},
        "seconds": {"total": 1500.0},
    }


def _cell(rng: np.random.Generator, red: str, blue: str, mean: float, seeds: int) -> dict[str, Any]:
    left = np.clip(rng.normal(mean, 0.07, seeds), 0, 1)
    return {
        "red": red,
        "blue": blue,
        "left": est(left),
        "per_seed": [float(value) for value in left],
        "control": est([0.93] * seeds),
        "clean_accuracy": est([0.93 if blue == "blue2" else 0.99] * seeds),
        "own_left": est([0.01] * seeds),
        "seeds": seeds,
    }


def _move(name: str, against: str, setup: str, before: float, after: float) -> dict[str, Any]:
    gain = abs(after - before)
    return {
        "name": name, "against": against, "before": est([before, before - 0.04]),
        "after": est([after, after - 0.05]), "gain": gain, "kept": gain > 0.05, "trials": 10,
        "feasible": 7, "setup": setup,
    }  # fmt: skip


def _strategy(name: str, which: int, setup: str) -> dict[str, Any]:
    changes = {"defender.objective.steps": 40 + which} if which else {}
    return {
        "name": name, "round": which, "setup": setup, "changes": changes, "feasible": True,
    }  # fmt: skip
