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
