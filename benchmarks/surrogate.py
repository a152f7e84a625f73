"""What should a Gaussian process learn of strategies that lost the race? A simulation.

    python -m benchmarks.surrogate --searches 60

As in benchmarks/racing.py, but a surrogate proposes the strategies: points in a unit cube whose
effects are a smooth random function. Ten are drawn at random; then expected improvement chooses
from a pool of points, given the values of the strategies tried so far. A strategy that loses the
race ends with a mean over fewer seeds, which are the kinder or harsher ones for all. The surrogate

    lost       does not see it: what Optuna's GPSampler does with pruned trials;
    told       sees that mean as if it were over all seeds;
    adjusted   sees it less the seeds' own effects (their means over the strategies that had all);
    weighted   sees that, and that fewer seeds mean more noise (GPSampler has one noise for all).

`all` has no race. The process is that of GPSampler (Matern 5/2, one noise, prior of both as there),
with its length and noise taken from a grid. Reported: how often the truly best of the strategies
tried is chosen, the true effect of the choice, and experiments spent. Searches have the same
effects, pool and seeds under every rule, so the error is of the paired difference to `lost`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import cho_factor, cho_solve

from arena.search.racing import standing
from benchmarks.racing import COUNTS, NUMBERS, World, best_of, selected

Floats = NDArray[np.float64]
Values = dict[int, dict[int, float]]
RULES = ("all", "lost", "told", "adjusted", "weighted")
POOL, SIZES, LENGTH = 300, 3, 0.5
LENGTHS, NOISES = (0.2, 0.4, 0.8, 1.6), (0.03, 0.1, 0.3, 0.6)


@dataclass(frozen=True)
class Seen:
    """What the surrogate sees: points, their values, and how much noisier each is than a mean over
    all seeds."""

    points: Floats
    values: Floats
    noisier: Floats


def seen(values: Values, points: Floats, rule: str, search: int) -> Seen:
    """Return what the surrogate sees of the strategies tried so far."""
    full = [k for k in values if len(values[k]) == search]
    told = full if rule in ("all", "lost") or not full else list(values)
    shift = dict.fromkeys(told, 0.0)
    if rule in ("adjusted", "weighted"):
        seeds = [float(np.mean([values[k][s] for k in full])) for s in range(search if full else 0)]
        shift = {k: float(np.mean(seeds) - np.mean([seeds[s] for s in values[k]])) for k in told}
    means = [np.mean(list(values[k].values())) + shift[k] for k in told]
    noisier = [search / len(values[k]) if rule == "weighted" else 1.0 for k in told]
    return Seen(points[told], np.array(means), np.array(noisier))


def kernel(one: Floats, other: Floats, length: float) -> Floats:
    """Return Matern 5/2."""
    distance = np.sqrt(5 * ((one[:, None] - other[None]) ** 2).sum(-1)) / length
    matern: Floats = (1 + distance + distance**2 / 3) * np.exp(-distance)
    return matern


def improvement(known: Seen, pool: Floats) -> Floats:
    """Return the expected improvement of every point over the best value seen."""
    spread = max(float(known.values.std()), 1e-9)
    y = (known.values - known.values.mean()) / spread
    best, chosen = -np.inf, (LENGTHS[0], NOISES[0])
    for length in LENGTHS:
        for noise in NOISES:
            likelihood = _likelihood(known, y, length, noise) + 0.1 * np.log(noise) - 30 * noise
            if likelihood > best:
                best, chosen = likelihood, (length, noise)
    length, noise = chosen
    factor = cho_factor(_covariance(known, length, noise), lower=True)
    across = kernel(pool, known.points, length)
    mean = across @ cho_solve(factor, y)
    sd = np.sqrt(np.maximum(1 - (across * cho_solve(factor, across.T).T).sum(1), 1e-12))
    z = (mean - y.max()) / sd
    gain: Floats = sd * (z * stats.norm.cdf(z) + stats.norm.pdf(z))
    return gain


def _covariance(known: Seen, length: float, noise: float) -> Floats:
    return kernel(known.points, known.points, length) + np.diag(noise * known.noisier)


def _likelihood(known: Seen, y: Floats, length: float, noise: float) -> float:
    lower, _ = cho_factor(_covariance(known, length, noise), lower=True)
    return float(-np.log(np.diag(lower)).sum() - 0.5 * y @ cho_solve((lower, True), y))


def searched(world: World, points: Floats, rule: str, args: argparse.Namespace) -> tuple[int, bool]:
    """Return the strategy that a search chooses, and whether it is the best of those tried."""
    values: Values = {}
    rng = np.random.default_rng(args.seed)
    for _ in range(args.strategies):
        known = seen(values, points, rule, args.search)
        left = np.array([k for k in range(len(points)) if k not in values])
        enough = len(known.values) >= args.startup
        score = improvement(known, points[left]) if enough else rng.random(len(left))
        _measure(world, values, int(left[score.argmax()]), rule, args)
    full = [k for k in values if len(values[k]) == args.search]
    choice = selected(world, best_of(standing(values), full), args)
    return choice, world.effects[choice] == max(world.effects[k] for k in values)


def _measure(
    world: World, values: Values, k: int, rule: str, args: argparse.Namespace
) -> None:  # fmt: skip
    """Measure a strategy seed by seed, while it may still be the best."""
    values[k] = {}
    for seed in range(args.search):
        values[k][seed] = world.value(k, seed)
        known = standing(values)
        lost = known.leader != k and known.beats(k, known.leader) < args.dropped
        if rule != "all" and lost and seed + 1 < args.search:
            return


def simulated(number: int, rule: str, args: argparse.Namespace) -> tuple[float, float, float]:
    """Return whether the best tried was chosen, the choice's true effect, and the experiments."""
    rng = np.random.default_rng([args.seed, number])
    points = rng.random((POOL, SIZES))
    covariance = np.exp(-((points[:, None] - points[None]) ** 2).sum(-1) / (2 * LENGTH**2))
    effects = args.spread * rng.multivariate_normal(np.zeros(POOL), covariance, method="eigh")
    drawn = dict(enumerate(rng.normal(0.0, args.seed_sd, args.search + args.select)))
    world = World(effects, args.seed_sd, args.noise_sd, args.level, rng, _seeds=drawn)
    choice, best = searched(world, points, rule, args)
    return float(best), float(effects[choice] - effects.mean()), world.spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    counts = {**COUNTS, "searches": 60, "startup": 10}
    for name, count in counts.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    for name, number in {**NUMBERS, "spread": 0.2}.items():
        parser.add_argument(f"--{name}", type=float, default=number)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=RULES, help="beside `lost`")
    args = parser.parse_args()
    rules = dict.fromkeys(("lost", *args.rules))
    table = {r: np.array([simulated(n, r, args) for n in range(args.searches)]) for r in rules}
    print("| surrogate | best chosen | effect of the choice | more than lost | experiments |")
    print("|---|---|---|---|---|")
    for rule, found in table.items():
        more = found[:, 1] - table["lost"][:, 1]
        error = more.std(ddof=1) / np.sqrt(args.searches)
        hit, effect, spent = found.mean(axis=0)
        gain = f"{more.mean():+.3f} (error {error:.3f})"
        print(f"| {rule} | {hit:.2f} | {effect:.3f} | {gain} | {spent:.0f} |")


if __name__ == "__main__":
    main()
