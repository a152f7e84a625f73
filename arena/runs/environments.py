"""Whether the seeds of a run were made under one environment."""

from __future__ import annotations

from collections.abc import Sequence

from arena.results.seed_record import SeedRecord

ASIDE = ("cores",)  # affects no number


def differences(records: Sequence[SeedRecord]) -> list[str]:
    """Return a sentence for every entry of the environment that differs between seeds."""
    names = dict.fromkeys(name for record in records for name in record.environment)
    found = []
    for name in names:
        values = {str(record.environment.get(name)) for record in records}
        if len(values) > 1 and name not in ASIDE:
            listed = ", ".join(sorted(values))
            found.append(f"the seeds differ in {name}: {listed}")
    return found


def seeds_text(seeds: Sequence[int]) -> str:
    """Return seeds in short notation: 0-3, 7."""
    runs: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
