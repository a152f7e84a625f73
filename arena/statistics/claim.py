"""The whole claim over all pairs: verdicts counted, T averaged, by method, and the caveats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.statistics.cells import Cell, by_seed
from arena.statistics.intervals import limits, p_value
from arena.statistics.seedrows import SeedRows
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, MIN_SHAMS, Thresholds
from arena.statistics.verdicts import VERDICTS, Evidence, Verdict, decide, gather

STATEMENT = "unlearning one backdoor suppresses unknown others"
SEEDS_NOTE = "fewest usable seeds for a verdict"
MOST_SEEDS = 400  # where the search for the seeds needed gives up


@dataclass(frozen=True)
class PairResult:
    """One ordered pair over all seeds; `adjusted_p` is None where nothing was tested."""

    source: str
    to: str
    evidence: Evidence
    verdict: Verdict
    reason: str
    adjusted_p: float | None
    cells: tuple[Cell, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.source,
            "to": self.to,
            "seeds": self.evidence.used,
            **self.evidence.estimates_json(),
            "verdict": self.verdict,
            "verdict_reason": self.reason,
            "adjusted_p": self.adjusted_p,
            "per_seed": [each.to_json() for each in self.cells],
        }


@dataclass(frozen=True)
class Claim:
    """The answer over all pairs. `groups` holds the same averages by the suppressed actor's
    method and, as `from > to`, by both methods; with the number of pairs in each."""

    evidence: Evidence
    verdict: Verdict
    reason: str
    pairs: dict[str, int]
    by_method: dict[str, tuple[int, Evidence]]
    by_method_pair: dict[str, tuple[int, Evidence]]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "statement": STATEMENT,
            "verdict": self.verdict,
            "verdict_reason": self.reason,
            "pairs": self.pairs,
            "seeds": self.evidence.used,
            **self.evidence.estimates_json(),
            "by_method": _groups_json(self.by_method),
            "by_method_pair": _groups_json(self.by_method_pair),
            "notes": list(self.notes),
        }


def judge(
    pairs: Sequence[PairResult],
    seeds: Sequence[SeedRows],
    methods: Mapping[str, str],
    thresholds: Thresholds,
) -> Claim:
    """The claim's verdict: T averaged over a seed's usable pairs, then the rule of the pairs
    on those means. It is one test, so nothing is adjusted."""
    evidence = gather(_by_seed(pairs), thresholds)
    verdict, reason = decide(evidence, thresholds)
    counted = Counter(pair.verdict for pair in pairs)
    return Claim(
        evidence=evidence,
        verdict=verdict,
        reason=reason,
        pairs={name: counted[name] for name in VERDICTS if counted[name]},
        by_method=_grouped(pairs, [methods[pair.to] for pair in pairs], thresholds),
        by_method_pair=_grouped(
            pairs, [f"{methods[pair.source]} > {methods[pair.to]}" for pair in pairs], thresholds
        ),
        notes=tuple(_notes(pairs, seeds, thresholds)),
    )


def seeds_needed(thresholds: Thresholds, pairs: int) -> tuple[int | None, int | None]:
    """The fewest seeds for `generalizes_*` and for `fails` in one of so many pairs when all
    seeds and pairs agree fully (T = 1, T = 0); None where even 400 are not enough."""
    generalizes = fails = None
    for n in range(MIN_SEEDS, MOST_SEEDS + 1):
        ones, zeros = np.ones(n), np.zeros(n)
        if (
            generalizes is None
            and limits(ones)[0] > thresholds.generalizes
            and pairs * p_value(ones, thresholds.generalizes, "greater") < FAMILY_ERROR
        ):
            generalizes = n
        if (
            fails is None
            and limits(zeros)[1] < thresholds.fails
            and pairs * p_value(zeros, thresholds.fails, "less") < FAMILY_ERROR
        ):
            fails = n
        if generalizes is not None and fails is not None:
            break
    return generalizes, fails


def _by_seed(pairs: Iterable[PairResult]) -> list[list[Cell]]:
    """By name, so that sums do not depend on the order of the actors."""
    return by_seed(p.cells for p in sorted(pairs, key=lambda pair: (pair.source, pair.to)))


def _grouped(
    pairs: Sequence[PairResult], names: Sequence[str], thresholds: Thresholds
) -> dict[str, tuple[int, Evidence]]:
    groups: dict[str, list[PairResult]] = {}
    for pair, name in zip(pairs, names, strict=True):
        groups.setdefault(name, []).append(pair)
    return {
        name: (len(groups[name]), gather(_by_seed(groups[name]), thresholds))
        for name in sorted(groups)
    }


def _groups_json(groups: Mapping[str, tuple[int, Evidence]]) -> dict[str, Any]:
    return {
        name: {"pairs": pairs, "seeds": found.used, **found.estimates_json()}
        for name, (pairs, found) in groups.items()
    }


def _notes(
    pairs: Sequence[PairResult], seeds: Sequence[SeedRows], thresholds: Thresholds
) -> Iterable[str]:
    cells = [cell for pair in pairs for cell in pair.cells]
    if not pairs:
        yield "no trigger was unlearned beside another actor: there is no transfer to estimate"
    if any(rows.reference is None for rows in seeds):
        yield (
            "no reference model (in every seed): floors and the reference's false fire and "
            "near-miss are taken as 0"
        )
    if any(cell.control is None for cell in cells):
        yield "no clean fine-tune (in every seed): transfer is not defined without it"
    if any(cell.shams < MIN_SHAMS for cell in cells):
        yield f"fewer than {MIN_SHAMS} shams per seed: T_specific is shown without a verdict"
    broad = sorted({pair.source for pair in pairs if any(cell.broad for cell in pair.cells)})
    if broad:
        yield f"fires on look-alikes in some seed (broad): {', '.join(broad)}"
    if pairs:
        yield _seeds_note(thresholds, len(pairs))


def _seeds_note(thresholds: Thresholds, pairs: int) -> str:
    def told(found: tuple[int | None, int | None]) -> str:
        generalizes, fails = (number or f"more than {MOST_SEEDS}" for number in found)
        return f"{generalizes} for generalizes, {fails} for fails"

    return (
        f"{SEEDS_NOTE}, when all agree: {told(seeds_needed(thresholds, 1))} "
        f"(the whole claim); {told(seeds_needed(thresholds, pairs))} "
        f"(a pair, under Holm over {pairs})"
    )
