"""Prints the coverage table of docs/estimands.md: `python tests/statistics/coverage_table.py`.

Per cent of 20,000 simulated data sets (bootstraps: 2,000 of them, 999 resamples) whose 95 %
interval holds the true T. Takes about ten seconds per n, most of it for the
bootstraps.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from scipy import stats

from arena.statistics.intervals import limits
from tests.support.planted_draws import FAMILIES, TRUTHS, Array, coverage

SETS, BOOTSTRAPPED, RESAMPLES = 20_000, 2_000, 999


def bootstrap(samples: Array, method: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Bootstrap limits; where BCa is undefined (no spread) the point itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            (samples,), np.mean, axis=-1, method=method, n_resamples=RESAMPLES, rng=rng, batch=50
        ).confidence_interval
    point = samples.mean(axis=-1)
    low, high = (np.where(np.isnan(each), point, each) for each in found)
    return low, high


def student(samples: Array) -> tuple[Array, Array]:
    """Plain t, the point itself where there is no spread."""
    n = samples.shape[-1]
    half = stats.t.ppf(0.975, n - 1) * samples.std(axis=-1, ddof=1) / np.sqrt(n)
    return samples.mean(axis=-1) - half, samples.mean(axis=-1) + half


def main(sizes: list[int]) -> None:
    for n in sizes:
        print(f"\n| n = {n}: draws | T | t | percentile | BCa | ours |\n|---|---|---|---|---|---|")
        rng = np.random.default_rng(n)
        for name, family in FAMILIES.items():
            for mean in TRUTHS:
                samples = family(mean, (SETS, n), rng)
                if samples is None:
                    continue
                few = samples[:BOOTSTRAPPED]
                found = [
                    student(samples),
                    bootstrap(few, "percentile", rng),
                    bootstrap(few, "BCa", rng),
                    limits(samples),
                ]
                shown = " | ".join(f"{100 * coverage(each, mean):.1f}" for each in found)
                print(f"| {name} | {mean:g} | {shown} |", flush=True)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [8, 12, 16])
