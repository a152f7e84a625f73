"""How often does a search choose the truly best of its strategies? A simulation, old rule and new.

    python benchmarks/racing.py --searches 400

Strategies have planted effects, seeds have theirs, and one value is their sum with noise, cut to
[0, 1] like the rate that it stands for. `fixed` is the former rule: two seeds for every strategy, six
of them again on five others, the best of those by its mean. `race` gets the same number of
experiments: every strategy begins with one seed and earns the next while its chance to be the best
is above a limit; what is left of the budget goes to those that may still be best on selection seeds.

Reported, per effect of the best strategy over the untuned one: how often the best is chosen, what
the choice is worth (its true effect), and how often the search would say that the chosen one beats
the untuned (lower 95 % limit above 0 on 12 further seeds).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from arena.search.racing import next_to_measure, standing
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def fixed(world: World, budget: int) -> int:
    """Return the strategy that the former rule chooses."""
    n = len(world.effects)
    first = [np.mean([world.value(k, s) for s in (0, 1)]) for k in range(1, n)]
    best = [int(k) + 1 for k in np.argsort(first)[::-1][:6]]
    again = [np.mean([world.value(k, s) for s in range(2, 7)]) for k in best]
    return best[int(np.argmax(again))]


def race(world: World, budget: int) -> int:
    """Return the strategy that racing chooses with the same number of experiments. The untuned one
    runs as well."""
    values = {k: {s: world.value(k, s) for s in (0,)} for k in range(len(world.effects))}
    while world.spent < budget:
        chosen = next_to_measure(standing(values), frozenset())
        assert chosen is not None
        seed = len(values[chosen])
        values[chosen][seed] = world.value(chosen, seed)
    known = standing(values)
    return max((k for k in values if k), key=lambda k: known.mean[k])


def simulated(rule: Callable[[World, int], int], top: float, args: argparse.Namespace) -> Floats:
    """Return, per simulated search: whether the best was chosen, its true effect, experiments."""
    found = []
    for number in range(args.searches):
        rng = np.random.default_rng([args.seed, number])
        effects = np.concatenate([[0.0], rng.normal(0.0, args.spread, args.strategies)])
        effects[1:] = np.minimum(effects[1:], top - args.gap)
        effects[int(rng.integers(1, args.strategies + 1))] = top
        world = World(effects, args.seed_sd, args.noise_sd, args.level, rng)
        choice = rule(world, args.budget)
        found.append((float(effects[choice] == top), float(effects[choice]), world.spent))
    return np.array(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("searches", 400), ("strategies", 40), ("budget", 110), ("seed", 0)
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, value in (
        ("seed-sd", 0.3), ("noise-sd", 0.27), ("spread", 0.1), ("gap", 0.1), ("level", 0.2)
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=float, default=value)
    args = parser.parse_args()
    print("| best effect | rule | best chosen | effect of the choice | experiments |")
    print("|---|---|---|---|---|")
    for top in (0.1, 0.3, 0.5):
        for rule in (fixed, race):
            hit, effect, spent = simulated(rule, top, args).mean(axis=0)
            print(f"| {top} | {rule.__name__} | {hit:.2f} | {effect:.2f} | {spent:.0f} |")


if __name__ == "__main__":
    main()
