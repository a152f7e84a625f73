"""Are the chances of a race what they say? Planted effects, and how often the better one is better.

    python -m benchmarks.racing_chances --tables 150

A table has strategies with effects from a normal distribution, seeds with theirs, and values that
are their sum with noise. In a `whole` table every strategy was measured on every seed, in a `raced`
one on the first of them only, as many as chance gives it. `standing` then says of every strategy
but the leader how likely it is to be better than the leader.

Printed, per kind of table: of the strategies whose chance is said to be below `dropped` (which ends
them), their share, their mean chance, and how many of them are better; the same of all strategies;
and of the choice, its error as it is said and as it is.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from arena.search.racing import standing

SEED_SD = 0.3


@dataclass(frozen=True)
class Kind:
    """Tables of one kind. spread: standard deviation of the effects; noise: of a value."""

    strategies: int
    seeds: int
    spread: float
    noise: float
    raced: bool


KINDS = (
    Kind(6, 2, 0.1, 0.27, raced=False),
    Kind(6, 16, 0.1, 0.27, raced=False),
    Kind(10, 4, 0.1, 0.27, raced=True),
    Kind(40, 4, 0.1, 0.27, raced=True),
    Kind(6, 16, 0.1, 0.27, raced=True),
    Kind(40, 4, 0.2, 0.1, raced=True),
)


@dataclass(frozen=True)
class Said:
    """What was said in many tables, and what is so: of every strategy but the leader, and of the
    leader itself (`error`, `wrong`)."""

    chance: tuple[float, ...]
    better: tuple[bool, ...]
    error: tuple[float, ...]
    wrong: tuple[bool, ...]


def drawn(kind: Kind, rng: np.random.Generator) -> tuple[list[float], dict[int, dict[int, float]]]:
    """Return the effects of the strategies, and their values by seed."""
    effects = rng.normal(0.0, kind.spread, kind.strategies).tolist()
    of_seed = rng.normal(0.0, SEED_SD, kind.seeds)
    counts = rng.integers(1, kind.seeds + 1, kind.strategies) if kind.raced else None
    return effects, {
        k: {
            s: float(effect + of_seed[s] + rng.normal(0.0, kind.noise))
            for s in range(kind.seeds if counts is None else counts[k])
        }
        for k, effect in enumerate(effects)
    }


def told(kind: Kind, tables: int, seed: int) -> Said:
    """Return what `standing` says of so many tables."""
    rng = np.random.default_rng(seed)
    chance, better, error, wrong = [], [], [], []
    for _ in range(tables):
        effects, values = drawn(kind, rng)
        known = standing(values)
        rivals = [k for k in known.names if k != known.leader]
        chance += [known.beats(k, known.leader) for k in rivals]
        better += [effects[k] > effects[known.leader] for k in rivals]
        error.append(known.error_of_choice())
        wrong.append(effects[known.leader] < max(effects))
    return Said(tuple(chance), tuple(better), tuple(error), tuple(wrong))


def line(kind: Kind, said: Said, dropped: float) -> str:
    """Return one line of the table."""
    chance, better = np.array(said.chance), np.array(said.better)
    low = chance < dropped
    of_low = f"{chance[low].mean():.3f} | {better[low].mean():.3f}" if low.any() else " | "
    return (
        f"| {kind.strategies} | {kind.seeds}{' (raced)' if kind.raced else ''} | {kind.spread} | "
        f"{kind.noise} | {low.mean():.2f} | {of_low} | {chance.mean():.2f} | {better.mean():.2f} | "
        f"{np.mean(said.error):.2f} | {np.mean(said.wrong):.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dropped", type=float, default=0.1)
    args = parser.parse_args()
    print(
        f"| strategies | seeds | spread | noise | share below {args.dropped:g} | said | better | "
        "all said | all better | error said | error |"
    )
    print("|---" * 11 + "|")
    for kind in KINDS:
        print(line(kind, told(kind, args.tables, args.seed), args.dropped), flush=True)


if __name__ == "__main__":
    main()
