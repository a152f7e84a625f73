"""How often does a search choose the truly best of its strategies? A simulation, old rule and new.

    python -m benchmarks.racing --searches 200

Strategies have planted effects, seeds have theirs, and one value is their sum with noise, cut to
[0, 1] like the rate that it stands for. `fixed` is the former rule: every strategy on two seeds,
the six best of them on five others, the best of those by its mean; `equal` is that rule with as
many experiments as the race spends at an effect of 0.3, `more` with 30 % more. `race` is what
`arena tune` does: in the order in which they are proposed, strategies earn the next search seed
while they may still be the best (arena.search.racing), and the six best are raced on selection
seeds until the error of the choice is small or the best and its nearest rival have had all seeds;
the winner is then measured on all of them.

Printed, per effect of the best strategy over the untuned one: how often the best is chosen, the
true effect of the choice, experiments spent, and how often `report` fresh seeds would then show
that the choice beats the untuned one (paired 95 % limit above 0).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from arena.search.racing import Standing, pair_to_measure, standing

Floats = NDArray[np.float64]
BEST = 6  # strategies that are measured on selection seeds


@dataclass
class World:
    """Planted effects of the strategies (the first is the untuned one), and how values come about.
    spent: experiments so far."""

    effects: Floats
    seed_sd: float
    noise_sd: float
    level: float
    rng: np.random.Generator
    spent: int = 0
    _seeds: dict[int, float] = field(default_factory=dict)

    def value(self, strategy: int, seed: int) -> float:
        """Return one measured rate."""
        self.spent += 1
        if seed not in self._seeds:
            self._seeds[seed] = self.rng.normal(0.0, self.seed_sd)
        raw = self.level + self.effects[strategy] + self._seeds[seed]
        return float(np.clip(raw + self.rng.normal(0.0, self.noise_sd), 0.0, 1.0))


def fixed(world: World, args: argparse.Namespace) -> int:
    """Return the strategy that the former rule chooses."""
    return _fixed(world, 2, 5)


def equal(world: World, args: argparse.Namespace) -> int:
    """Return the strategy that it chooses with as many experiments as the race spends at 0.3."""
    return _fixed(world, 3, 9)


def more(world: World, args: argparse.Namespace) -> int:
    """Return the strategy that it chooses with 30 % more."""
    return _fixed(world, 4, 11)


def _fixed(world: World, search: int, select: int) -> int:
    """The best on `select` seeds of the six that were best on `search` seeds."""
    n = len(world.effects)
    first = [np.mean([world.value(k, s) for s in range(search)]) for k in range(1, n)]
    best = [int(k) + 1 for k in np.argsort(first)[::-1][:BEST]]
    again = [np.mean([world.value(k, search + s) for s in range(select)]) for k in best]
    return best[int(np.argmax(again))]


def race(world: World, args: argparse.Namespace) -> int:
    """Return the strategy that racing chooses. The untuned one is measured first."""
    values: dict[int, dict[int, float]] = {}
    for k in range(len(world.effects)):
        values[k] = {}
        for seed in range(args.search):
            values[k][seed] = world.value(k, seed)
            known = standing(values)
            if k and known.beats(k, known.leader) < args.dropped and known.leader != k:
                break
    full = [k for k in values if k and len(values[k]) == args.search]
    return selected(world, best_of(standing(values), full or [k for k in values if k]), args)


def best_of(known: Standing[int], strategies: list[int]) -> list[int]:
    """Return the strategies that are measured on selection seeds."""
    return sorted(strategies, key=lambda k: -known.mean[known.names.index(k)])[:BEST]


def selected(world: World, best: list[int], args: argparse.Namespace) -> int:
    """Return the strategy that wins the race on selection seeds."""
    last = args.search + args.select
    values = {k: {s: world.value(k, s) for s in (args.search, args.search + 1)} for k in best}
    while True:
        known = standing(values)
        full = frozenset(k for k in best if len(values[k]) == args.select)
        pair = pair_to_measure(known, full)
        if not pair or known.error_of_choice() <= args.error:
            if known.leader in full:
                return known.leader
            pair = (known.leader,)
        for k in pair:
            seed = max(values[k]) + 1
            assert seed < last
            values[k][seed] = world.value(k, seed)


def confirmed(world: World, choice: int, report: int) -> bool:
    """Return whether fresh seeds would show that the choice beats the untuned strategy."""
    seeds = range(1000, 1000 + report)
    gains = np.array([world.value(choice, s) - world.value(0, s) for s in seeds])
    error = gains.std(ddof=1) / np.sqrt(report)
    return bool(gains.mean() - stats.t.ppf(0.975, report - 1) * error > 0)


def simulated(
    rule: Callable[[World, argparse.Namespace], int], top: float, args: argparse.Namespace
) -> Floats:
    """Return, per simulated search: whether the best was chosen, its true effect, experiments, and
    whether fresh seeds confirm it."""
    found = []
    for number in range(args.searches):
        rng = np.random.default_rng([args.seed, number])
        effects = np.concatenate([[0.0], rng.normal(0.0, args.spread, args.strategies)])
        effects[1:] = np.minimum(effects[1:], top - args.gap)
        effects[int(rng.integers(1, args.strategies + 1))] = top
        world = World(effects, args.seed_sd, args.noise_sd, args.level, rng)
        choice = rule(world, args)
        spent = world.spent
        said = confirmed(world, choice, args.report)
        found.append((float(effects[choice] == top), float(effects[choice]), spent, float(said)))
    return np.array(found)


COUNTS = {
    "searches": 200, "strategies": 40, "seed": 0, "search": 4, "select": 16,
    "report": 12,
}  # fmt: skip
NUMBERS = {
    "seed-sd": 0.3, "noise-sd": 0.27, "spread": 0.1, "gap": 0.1, "level": 0.2,
    "dropped": 0.2, "error": 0.05,
}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, count in COUNTS.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    for name, number in NUMBERS.items():
        parser.add_argument(f"--{name}", type=float, default=number)
    args = parser.parse_args()
    print("| best effect | rule | best chosen | effect of the choice | experiments | confirmed |")
    print("|---|---|---|---|---|---|")
    for top in (0.1, 0.3, 0.5):
        for rule in (fixed, equal, more, race):
            hit, effect, spent, said = simulated(rule, top, args).mean(axis=0)
            name = rule.__name__
            print(f"| {top} | {name} | {hit:.2f} | {effect:.2f} | {spent:.0f} | {said:.2f} |")


if __name__ == "__main__":
    main()
