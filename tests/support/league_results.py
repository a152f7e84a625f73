"""A league and two decoy defences for the report's tests: simulated draws, never a measurement.

The draws go through arena.statistics, so that the numbers agree with each other.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from arena.api.values import RowKind
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.statistics.decoys import decoys
from arena.statistics.league import Entrant, league
from arena.statistics.reactivation import Curve
from arena.statistics.thresholds import DefaultThresholds
from tests.support.planted_results import ACTORS, N
from tests.support.sample_results import results

METHODS = {"d1": "rare_token", "d2": "style", "d3": "syntactic"}
# name: intelligence, method, what it knew, ASR left of others, accuracy, seconds
DEFENCES: dict[str, tuple[str, str, str, float, float, float]] = {
    "relabel": ("disclosed", "relabel", "one trigger", 0.40, 0.998, 2.1),
    "npo": ("disclosed", "npo", "one trigger and its payload", 0.55, 0.985, 4.4),
    "rmu": ("disclosed", "rmu", "one trigger", 0.35, 0.93, 3.9),
    "found": ("discovered", "relabel", "nothing; it looked for the trigger", 0.62, 0.996, 19.0),
    "decoys": ("decoy", "relabel", "nothing; it planted its own", 0.12, 0.99, 6.2),
    "crow": ("blind", "crow", "nothing", 0.08, 0.97, 7.5),
    "fine-pruning": ("blind", "fine_pruning", "nothing", 0.71, 0.88, 1.4),
    "re-initialise": ("blind", "reinit_distil", "nothing", 0.01, 0.62, 12.0),
}
ENTRIES = [
    Entrant(name, how, method, knows, 60, 512, 0.1)
    for name, (how, method, knows, *_) in DEFENCES.items()
]


def draw(rng: np.random.Generator, mean: float, spread: float = 0.05) -> Rate:
    return Rate(hits=round(N * float(np.clip(rng.normal(mean, spread), 0, 1))), n=N)


def row(rng: np.random.Generator, kind: RowKind, asr: dict[str, float], seed: int,
        **more: Any) -> Row:  # fmt: skip
    target, accuracy = more.pop("target", None), more.pop("accuracy", 0.998)
    rates = {name: draw(rng, mean, 0.05 if 0 < mean < 1 else 0.0) for name, mean in asr.items()}
    fires = {name: Rate(n=N) for name in asr}
    more = {"name": f"{kind}:{target}", "seconds": 2.0, **more}
    return Row(kind=kind, target=target, seed=seed, asr=rates, false_fire=fires, near_miss=fires,
               clean_accuracy=draw(rng, accuracy, 0.003), perplexity=1.9, **more)  # fmt: skip


def seed_rows(seed: int) -> list[Row]:
    rng = np.random.default_rng(500 + seed)
    keys = [*ACTORS, *(f"decoy:{name}" for name in METHODS)]
    rows = [
        row(rng, "reference", dict.fromkeys(keys, 0.0), seed),
        row(rng, "compromised", {k: float(k in ACTORS) for k in keys}, seed),
        row(rng, "control", dict.fromkeys(ACTORS, 0.93), seed),
    ]
    for name, (how, _, _, left, accuracy, seconds) in DEFENCES.items():
        same: dict[str, Any] = {"accuracy": accuracy, "seconds": seconds}
        if how == "decoy":
            rows += decoy_rows(rng, name, seed, left, same)
            continue
        for target in ACTORS if how == "disclosed" else (None,):
            asr = {actor: 0.0 if actor == target else left for actor in ACTORS}
            kind: RowKind = "unlearned" if name == "relabel" else "defended"
            rows.append(row(rng, kind, asr, seed, target=target, name=f"{name}:{target}",
                            detail={"defence": name}, **same))  # fmt: skip
    return rows


def decoy_rows(
    rng: np.random.Generator, defence: str, seed: int, left: float, same: dict[str, Any]
) -> list[Row]:
    """Planted, fine-tuned clean, and each method left out in turn; a seed has its own mood."""
    mood = float(rng.uniform(0, 0.5))
    there = {f"decoy:{name}": 0.2 if name == "d3" and seed % 4 == 1 else 0.99 for name in METHODS}

    def staged(stage: str, asr: dict[str, float], out: str = "") -> Row:
        detail = {"defence": defence, "decoys": stage, "held_out": out}
        return row(rng, "defended", asr, seed, name=f"{defence}:{stage}:{out}", detail=detail,
                   **same)  # fmt: skip

    return [
        staged("planted", {**dict.fromkeys(ACTORS, 0.85), **there}),
        staged("clean", {**dict.fromkeys(ACTORS, 0.8), **dict.fromkeys(there, 0.97)}),
        *(
            staged("unlearned", {**dict.fromkeys(ACTORS, left + mood), **{
                f"decoy:{name}": 0.05 + mood if name == out else 0.0 for name in METHODS}}, out)
            for out in METHODS
        ),
    ]  # fmt: skip


def curves_of(rows: list[Row]) -> list[Curve]:
    rng = np.random.default_rng(9)
    made = []
    for each in rows:
        if each.kind in ("control", "unlearned", "defended"):
            for actor in ACTORS:
                half = float(rng.uniform(6, 90))
                asr = tuple(min(1.0, 0.5 * samples / half) for samples in (0, 16, 32, 64))
                made.append(
                    Curve(each.seed, each.kind, each.target, actor, (0, 16, 32, 64), asr, each.name)
                )
    return made


@functools.cache
def leagued(n_seeds: int = 8) -> RunResults:
    """Results of a run with a league and a decoy defence."""
    rows = [each for seed in range(n_seeds) for each in seed_rows(seed)]
    limits = DefaultThresholds()
    table = league(rows, ENTRIES, ACTORS, limits, curves_of(rows))
    defence = decoys(rows, "decoys", ACTORS, METHODS, limits)
    return results(n_seeds).model_copy(update={"league": table, "decoys": (defence,)})


def with_standings(**changes: Mapping[str, object]) -> RunResults:
    """The same, with other values in the standings of some defences."""
    table = leagued().league
    assert table is not None
    standings = tuple(
        each.model_copy(update=dict(changes.get(each.name, {}))) for each in table.standings
    )
    return leagued().model_copy(
        update={"league": table.model_copy(update={"standings": standings})}
    )
