"""What a diagnosis is made of: the rows of a run by seed, its limits, and findings in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from arena.errors import InputError
from arena.results.numbers import decimals
from arena.results.rows import Row, Which
from arena.results.run import RunResults
from arena.statistics.rates import rate
from arena.statistics.seeds import SeedRows, at_dose, by_seed
from arena.statistics.thresholds import DefaultThresholds, Thresholds

Excess = Literal["false_fire", "near_miss", "benign_false_fire"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that fell short.

    Attributes:
        about: whose: an actor, the base, the clean fine-tune.
        measured: the number, its limit, and in how many seeds.
        helps: what usually helps.
    """

    about: str
    measured: str
    helps: str


@dataclass(frozen=True)
class Evidence:
    """A run's results, its rows by seed at `least` (or at their only dose), and its limits."""

    results: RunResults
    seeds: tuple[SeedRows, ...]
    limits: Thresholds

    def at(self, which: Which, kind: str) -> tuple[Row, ...]:
        """Return the rows of a kind that were taken at a dose, of all seeds."""
        rows = (row for row in self.results.rows if row.kind == kind)
        return tuple(row for row in rows if row.dose is not None and row.dose.which == which)

    @property
    def planted_elsewhere(self) -> bool:
        """Return whether the model is a suspect that somebody else made."""
        return bool(self.results.scenario.text("model", "suspect"))

    def installed(self, actor: str) -> frozenset[int]:
        """Return the seeds in which an actor's backdoor is installed."""
        return frozenset(s.seed for s in self.seeds if s.installation(actor, self.limits).installed)

    def also_clean(self, seed: int, actor: str) -> bool:
        """Return whether clean prompts may get an actor's payload as an answer too."""
        planted = self.results.planted
        return any(p.also_clean for p in planted if (p.seed, p.actor) == (seed, actor))

    def setting(self, *path: str, default: float) -> float:
        """Return a number of the scenario; the default where the scenario does not say."""
        value = self.results.scenario.section(*path[:-1]).get(path[-1])
        return float(value) if isinstance(value, int | float) else default

    def where(self, seeds: Collection[int]) -> str:
        """Return ` in 5 of 8 seeds`; nothing if the run has one seed."""
        total = len(self.seeds)
        return f" in {len(seeds)} of {total} seeds" if total > 1 else ""


def evidence_of(results: RunResults) -> Evidence | None:
    """Return the evidence in results; None if they have no rows by seed, or no limits."""
    known = {k: v for k, v in results.thresholds.model_dump().items() if v is not None}
    try:
        seeds = by_seed(at_dose(results.rows, "least"), results.actors)
    except InputError:  # an older file, or one of another tool: nothing can be read from it
        return None
    complete = len(known) == len(type(results.thresholds).model_fields)
    return Evidence(results, seeds, DefaultThresholds(**known)) if seeds and complete else None


def excess(seed: SeedRows, kind: Excess, name: str) -> float | None:
    """Return a rate of the compromised model minus the reference's (0 without a reference)."""
    own = rate(getattr(seed.compromised, kind), name)
    floor = None if seed.reference is None else rate(getattr(seed.reference, kind), name)
    return None if own is None else own - (floor or 0.0)


def span(values: Collection[float]) -> str:
    """Return `0.88`, or `0.71 to 0.88`."""
    low, high = decimals(min(values)), decimals(max(values))
    return low if low == high else f"{low} to {high}"


def above(limit: float, values: Mapping[int, float | None]) -> dict[int, float]:
    """Return the seeds whose value exceeds a limit, up to rounding."""
    return {s: v for s, v in values.items() if v is not None and v > limit + 1e-12}


def below(limit: float, values: Mapping[int, float | None]) -> dict[int, float]:
    """Return the seeds whose value is under a limit, up to rounding."""
    return {s: v for s, v in values.items() if v is not None and v < limit - 1e-12}
