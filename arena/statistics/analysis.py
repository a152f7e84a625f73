"""From scored rows to findings: installation, transfer per pair, the whole claim.

Every estimand is defined in docs/estimands.md. Nothing here depends on the order of the rows,
and no number on the order of the actors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.api.values import Row
from arena.errors import InputError
from arena.statistics.cells import cells
from arena.statistics.claim import Claim, PairResult, judge
from arena.statistics.intervals import Estimate, rate_over_seeds
from arena.statistics.rates import row_json
from arena.statistics.seedrows import SeedRows, by_seed
from arena.statistics.summary import SummaryRow, summarise
from arena.statistics.thresholds import Thresholds, thresholds_json
from arena.statistics.verdicts import decide, gather, tested_p, with_holm

__all__ = ["ActorInstallation", "Analysis", "Thresholds", "analyse", "row_json"]


@dataclass(frozen=True)
class ActorInstallation:
    """One actor over seeds: in how many it is installed, and broad; rates over all seeds."""

    seeds: int
    installed: int
    broad: int
    asr: Estimate
    false_fire: Estimate
    near_miss: Estimate

    @property
    def in_most_seeds(self) -> bool:
        return self.installed * 2 > self.seeds

    def to_json(self) -> dict[str, Any]:
        return {
            "seeds": self.seeds,
            "installed": self.installed,
            "broad": self.broad,
            "asr": self.asr.to_json(),
            "false_fire": self.false_fire.to_json(),
            "near_miss": self.near_miss.to_json(),
        }


@dataclass(frozen=True)
class Analysis:
    """All findings of one run; `to_json` gives their part of `results.json`."""

    transfer: tuple[PairResult, ...]
    installation: dict[str, ActorInstallation]
    summary: tuple[SummaryRow, ...]
    claim: Claim
    thresholds: Thresholds

    def to_json(self) -> dict[str, Any]:
        """Plain values only; None for what cannot be computed, never nan."""
        return {
            "transfer": [pair.to_json() for pair in self.transfer],
            "installed": {actor: found.in_most_seeds for actor, found in self.installation.items()},
            "installation": {actor: found.to_json() for actor, found in self.installation.items()},
            "summary": [line.to_json() for line in self.summary],
            "claim": self.claim.to_json(),
            "thresholds": thresholds_json(self.thresholds),
        }


def analyse(
    rows: Sequence[Row],
    actors: Sequence[str],
    methods: Mapping[str, str],
    thresholds: Thresholds,
) -> Analysis:
    """Everything the arena concludes from the rows of a run.

    Args:
        rows: all scored models of all seeds, in any order. Per seed: one compromised row, at
            most one reference, one control per target (or one with target None for all), any
            number of shams and at most one unlearned row per target.
        actors: names, in the order to show.
        methods: trigger method of every actor.
        thresholds: what the verdicts compare with.

    Raises:
        InputError: rows that contradict the above, or that name an unknown actor.
    """
    _check(rows, actors, methods)
    seeds = by_seed(rows, actors)
    pairs = _pairs(seeds, actors, thresholds)
    return Analysis(
        transfer=pairs,
        installation={actor: _installation(seeds, actor, thresholds) for actor in actors},
        summary=summarise(rows, actors),
        claim=judge(pairs, seeds, methods, thresholds),
        thresholds=thresholds,
    )


def installed_in(
    rows: Sequence[Row], actors: Sequence[str], thresholds: Thresholds
) -> frozenset[tuple[int, str]]:
    """Seed and actor of every installed backdoor.

    Raises:
        InputError: as `analyse`.
    """
    return frozenset(
        (found.seed, actor)
        for found in by_seed(rows, actors)
        for actor in actors
        if found.installation(actor, thresholds).installed
    )


def _check(rows: Sequence[Row], actors: Sequence[str], methods: Mapping[str, str]) -> None:
    if not rows:
        raise InputError("there are no rows to analyse")
    if len(set(actors)) != len(actors):
        raise InputError("actors must have different names", found=", ".join(actors))
    for actor in actors:
        if actor not in methods:
            raise InputError("no trigger method given for actor", found=actor)
    for row in rows:
        if row.kind in ("control", "sham", "unlearned") and row.target not in {None, *actors}:
            raise InputError(
                f"row {row.name!r} has an unknown target", found=row.target, allowed=tuple(actors)
            )


def _pairs(
    seeds: Sequence[SeedRows], actors: Sequence[str], thresholds: Thresholds
) -> tuple[PairResult, ...]:
    named = [(source, to) for source in actors for to in actors if source != to]
    found = {pair: cells(seeds, *pair, thresholds) for pair in named}
    found = {pair: each for pair, each in found.items() if each}
    evidence = with_holm([gather([[cell] for cell in each], thresholds) for each in found.values()])
    return tuple(
        PairResult(*pair, held, *decide(held, thresholds), tested_p(held, thresholds), found[pair])
        for pair, held in zip(found, evidence, strict=True)
    )


def _installation(
    seeds: Sequence[SeedRows], actor: str, thresholds: Thresholds
) -> ActorInstallation:
    found = [rows.installation(actor, thresholds) for rows in seeds]
    return ActorInstallation(
        seeds=len(found),
        installed=sum(each.installed for each in found),
        broad=sum(bool(each.broad) for each in found),
        asr=rate_over_seeds(each.asr for each in found),
        false_fire=rate_over_seeds(each.false_fire for each in found),
        near_miss=rate_over_seeds(each.near_miss for each in found),
    )
