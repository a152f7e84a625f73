"""A tuned attacker's results, hand-made: simulated draws, never a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from arena.statistics.intervals import over_seeds, rate_over_seeds

STUDY: dict[str, Any] = {
    "name": "tune_evasion",
    "storage": "sqlite:///runs/tune evasion/study.db",
    "sampler": "tpe",
    "actor": "lexical",
    "disclosed": "worst",
    "constraints": {
        "installed_asr": 0.9, "false_fire": 0.1, "broad": 0.2, "control_asr": 0.8,
        "clean_accuracy_loss": 0.02, "written": 0.4, "own_left": 0.1, "others_installed": 1.0,
    },
}  # fmt: skip
TACTICS = [
    {"method": "decoy_immunisation", "rate": 0.2, "shuffled": True},
    {"method": "late_arrival", "share": 0.35},
]
# name: trial, mean on search, select, report, unseen
CONTENDERS: dict[str, tuple[int | None, tuple[float, ...]]] = {
    "tuned": (17, (0.86, 0.71, 0.62, 0.44)),
    "untuned": (None, (0.12, 0.10, 0.11, 0.22)),
    "random": (5, (0.60, 0.52, 0.47, 0.41)),
}
STAGES = ("search", "select", "report", "unseen")


def tune(
    seeds: int = 8, trials: int = 24, objectives: int = 1, left_out: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """results.json of `arena tune` with so many report seeds, trials and objectives.

    left_out: report seeds that count in no difference, and why.
    """
    rng = np.random.default_rng(5)
    drawn = {name: _drawn(rng, means, seeds) for name, (_, means) in CONTENDERS.items()}
    tried = [_trial(rng, index, objectives) for index in range(trials)]
    goals = ["evasion", "stealth", "budget"][:objectives]
    asked = {"search": [100, 101], "select": [102, 103], "report": list(range(seeds))}
    return {
        "schema_version": 1,
        "kind": "tune",
        "scenario": {"name": "tune_evasion", "description": "Can lexical learn to survive?"},
        "study": {
            **STUDY, "objectives": goals, "directions": ["maximize"] * objectives, "seeds": asked,
            "trials": trials,
        },
        "trials": tried,
        "history": _history(tried),
        "importance": {
            "names": {
                "decoy_immunisation.rate": 0.58, "late_arrival.share": 0.27,
                "decoy_immunisation": 0.11, "late_arrival": 0.04,
            },
            "note": None,
        },
        "pareto": [8, 17] if objectives > 1 else [],
        "candidates": [_candidate(drawn["tuned"], 17, True), _candidate(drawn["random"], 8, False)],
        "contenders": [_contender(name, drawn[name], seeds) for name in CONTENDERS],
        "differences": [
            _difference(drawn, against, defender, left_out or {})
            for against in ("untuned", "random")
            for defender in ("seen", "unseen")
        ],
        "per_seed": {
            name: {
                side: {str(i): float(v) for i, v in enumerate(found[stage])}
                for side, stage in (("seen", "report"), ("unseen", "unseen"))
            }
            for name, found in drawn.items()
        },
        "unseen": {
            "defender.objective": {"method": "npo"}, "defender.steps": 40,
            "defender.learning_rate": 2e-4,
        },
        "verdict": "tuned beats untuned",
        "environment": {"torch": "2.13.0", "optuna": "5.0.0"},
        "seconds": {"total": 900.0, "tuned": 500.0, "random": 200.0},
    }  # fmt: skip


def est(values: Any) -> dict[str, Any]:
    """The mean of a rate over seeds with its interval, as results.json has it."""
    return dict(rate_over_seeds([float(value) for value in values]).to_json())


def _drawn(rng: np.random.Generator, means: tuple[float, ...], seeds: int) -> dict[str, Any]:
    sizes = (2, 2, seeds, seeds)
    return {
        stage: np.clip(rng.normal(mean, 0.09, size), 0, 1)
        for stage, mean, size in zip(STAGES, means, sizes, strict=True)
    }


def _trial(rng: np.random.Generator, index: int, objectives: int) -> dict[str, Any]:
    pruned, failed, broad = index % 7 == 2, index == 12, index % 5 == 4
    left = float(np.clip(rng.normal(0.15 + 0.03 * index, 0.12), 0, 1))
    more = [float(rng.uniform(0.6, 1)), float(rng.uniform(0.1, 0.4))][: objectives - 1]
    state = "pruned" if pruned else "failed" if failed else "complete"
    done = state == "complete"
    return {
        "number": index,
        "state": state,
        "values": [left, *more] if done else [],
        "params": {"decoy_immunisation": True, "decoy_immunisation.rate": round(left / 3, 3)},
        "tactics": TACTICS[: 1 + index % 2] if index else [],
        "setup": "decoy_immunisation (rate 0.2)",
        "feasible": done and not broad,
        "constraints": _constraints(broad=broad) if done else {},
        "left": {"linguist": left, "bard": 0.9} if done else {},
        "measured": _measured(broad=broad) if done else {},
        "seconds": 31.2,
        "why": "below the median at seed 100" if pruned else "out of memory" if failed else None,
    }


def _constraints(*, broad: bool) -> dict[str, float]:
    return {
        "installed": -0.1, "false_fire": -0.1, "broad": 0.07 if broad else -0.2, "control": -0.18,
        "utility": -0.02, "written": -0.2, "others_installed": 0.0, "others_removed": -0.1,
    }  # fmt: skip


def _measured(*, broad: bool) -> dict[str, float]:
    return {
        "asr": 1.0, "false_fire": 0.0, "near_miss": 0.27 if broad else 0.05, "control": 0.98,
        "clean_accuracy": 0.99, "written": 0.2,
    }  # fmt: skip


def _history(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    best, told = None, []
    for each in trials:
        value = each["values"][0] if each["values"] else None
        if each["feasible"] and value is not None:
            best = value if best is None else max(best, value)
        told.append({"number": each["number"], "value": value, "best": best})
    return told


def _candidate(found: dict[str, Any], trial: int, chosen: bool) -> dict[str, Any]:
    told = {stage: est(found[stage]) for stage in STAGES[:2]}
    return {"trial": trial, **told, "feasible": True, "chosen": chosen}


def _contender(name: str, found: dict[str, Any], seeds: int) -> dict[str, Any]:
    return {
        "name": name,
        "trial": CONTENDERS[name][0],
        "setup": "decoy_immunisation (rate 0.2)",
        "tactics": [] if name == "untuned" else TACTICS,
        **{stage: est(found[stage]) for stage in STAGES},
        "control": est([0.93] * seeds),
        "control_unseen": est([0.95] * seeds),
        "own_left": est([0.02] * seeds),
        "own_left_unseen": est([0.28 + 0.01 * seed for seed in range(seeds)]),
        "defended_loss": est([0.01] * seeds),
        "near_miss": est([0.05] * seeds),
        "clean_accuracy": est([0.99] * seeds),
        "installed": seeds,
        "feasible": seeds - 1,
        "seeds": seeds,
        "report_seeds": seeds,
        "unseen_seeds": seeds,
    }


def _difference(
    drawn: dict[str, Any], against: str, defender: str, left_out: Mapping[int, str]
) -> dict[str, Any]:
    stage = "report" if defender == "seen" else "unseen"
    all_seeds = enumerate(drawn["tuned"][stage] - drawn[against][stage])
    counted = {seed: float(value) for seed, value in all_seeds if seed not in left_out}
    apart = list(counted.values())
    found = over_seeds(apart, "difference").to_json()
    return {
        "of": "tuned", "against": against, "defender": defender, "difference": found,
        "per_seed": apart, "seeds": list(counted),
        "left_out": {str(seed): reason for seed, reason in left_out.items()},
    }  # fmt: skip
