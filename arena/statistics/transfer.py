"""Transfer over seeds, of one pair or of many: estimates, one-sided tests, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from arena.results.brief import counted
from arena.results.claim import ShamEstimates
from arena.results.estimate import Estimate
from arena.results.numbers import decimals
from arena.results.pairs import PairSeed, PairStatus, ShamSeed
from arena.results.rows import SHAM_KINDS, ShamKind
from arena.statistics.intervals import Shape, Side, holm, one_sided, over_seeds, p_value
from arena.statistics.seeds import fewest_actors
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, Thresholds

Verdict = Literal[
    "generalizes_specific",
    "generalizes_unspecific",
    "fails",
    "explained_by_control",
    "not_installed",
    "inconclusive",
]
VERDICTS: tuple[Verdict, ...] = (
    "generalizes_specific",
    "generalizes_unspecific",
    "fails",
    "explained_by_control",
    "not_installed",
    "inconclusive",
)
Quantity = Literal["transfer", "odd", "specific", "raw_suppression"]
Number = Callable[[PairSeed], float | None]
TargetsOf = Callable[[Number], int]
NO_SHAM = ShamSeed()
AGAINST = "the specific part against benign shams"


class Sample(NamedTuple):
    """One value for each seed. targets: of how many actors each is a mean."""

    values: Sequence[float]
    targets: int


@dataclass(frozen=True)
class PValues:
    """One-sided p-values; 1 if no test is possible. `specific` is the larger of those of T and
    of T_specific against benign shams: both must hold (intersection-union, Berger 1982)."""

    generalizes: float = 1.0
    specific: float = 1.0
    fails: float = 1.0


@dataclass(frozen=True)
class Bounds:
    """One-sided 95 % limits: the lower and the upper one of T, the lower one of T_specific against
    benign shams."""

    low: float | None = None
    high: float | None = None
    specific: float | None = None


@dataclass(frozen=True)
class Evidence:
    """The evidence for a verdict. `seeds` counts all seeds, `used` those with a T;
    `not_installed`, `explained` and `no_dose` are shares of the cases (a pair in a seed).

    protected: interval of T as if its mean over pairs were one pair, valid even if whole seeds flip
    together. bounds: the limits that verdicts use. odd, specific: by familiar shams; by_sham: by
    each kind used.
    """

    seeds: int
    used: int
    not_installed: float
    explained: float
    no_dose: float
    transfer: Estimate
    protected: Estimate
    bounds: Bounds
    odd: Estimate
    specific: Estimate
    raw: Estimate
    by_sham: Mapping[str, ShamEstimates]
    no_control: bool
    no_specificity: str | None
    p: PValues
    adjusted: PValues

    @property
    def estimates(self) -> Mapping[str, Any]:
        """Return its numbers in results, by their names there."""
        return {
            "transfer": self.transfer,
            "protected": self.protected,
            "odd": self.odd,
            "specific": self.specific,
            "raw_suppression": self.raw,
            "by_sham": self.by_sham,
        }


def one_actor(_: Number) -> int:
    """Return 1: how many actors one pair suppresses."""
    return 1


def evidence_of(
    pairs: Iterable[Sequence[PairSeed]], thresholds: Thresholds, targets: TargetsOf = one_actor
) -> Evidence:
    """Return the evidence of one pair or of many. A seed's value is the mean over its pairs, so
    that a seed counts once however many pairs it has.

    Args:
        pairs: each pair's seeds. Their order decides the order of the sums.
        targets: returns how many actors a number of the pairs is a mean over (`targets_of`).
    """
    seeds = _seed_by_seed(pairs)

    def over(number: Number, shape: Shape) -> Estimate:
        return over_seeds(_means(seeds, number), shape, targets(number))

    cases = [case for seed in seeds for case in seed]
    used = [case for case in cases if case.transfer is not None]
    transfer = Sample(_means(seeds, _transfer), targets(_transfer))
    against = Sample(_means(seeds, _specific), targets(_specific))
    p = _p_values(transfer, against, thresholds)
    return Evidence(
        seeds=len(seeds),
        used=len(transfer.values),
        not_installed=_share(cases, "not_installed"),
        explained=_share(cases, "explained_by_control"),
        no_dose=_share(cases, "no_dose"),
        transfer=over(_transfer, "rate"),
        protected=over_seeds(transfer.values),
        bounds=_bounds(transfer, against),
        odd=over(lambda case: case.odd, "rate"),
        specific=over(lambda case: case.specific, "difference"),
        raw=over(lambda case: case.raw_suppression, "rate"),
        by_sham={
            kind: _sham_estimates(seeds, kind, targets)
            for kind in SHAM_KINDS
            if any(kind in case.by_sham for case in cases)
        },
        no_control=any(c.status == "used" and c.control is None for c in cases),
        no_specificity=_why_not_specific(used, len(against.values)),
        p=p,
        adjusted=p,
    )


def targets_of(pairs: Iterable[tuple[str, Sequence[PairSeed]]]) -> TargetsOf:
    """Return a function that returns the smallest number of actors in any seed whose suppression a
    number tells; seeds without it do not count. (A mean over one actor flips with this actor.)

    Args:
        pairs: the suppressed actor, and the pair's seeds.
    """
    every = tuple(pairs)
    return lambda number: fewest_actors(
        (case.seed, to) for to, cases in every for case in cases if number(case) is not None
    )


def fewest_targets(pairs: Iterable[tuple[str, Sequence[PairSeed]]]) -> int:
    """Return how many actors T is a mean over (`targets_of`)."""
    return targets_of(pairs)(_transfer)


def seed_means(pairs: Iterable[Sequence[PairSeed]], quantity: Quantity) -> list[float]:
    """Return the mean of a quantity over each seed's pairs, seeds ascending; seeds without a value
    are left out."""
    return _means(_seed_by_seed(pairs), lambda case: getattr(case, quantity))


def with_holm(family: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence with Holm's adjustment over the pairs with enough seeds to be tested,
    separately for each kind of verdict."""
    tested = [each for each in family if each.used >= MIN_SEEDS]
    columns = [
        holm([getattr(each.p, name) for each in tested])
        for name in ("generalizes", "specific", "fails")
    ]
    adjusted = iter([PValues(*values) for values in zip(*columns, strict=True)])
    return [
        replace(each, adjusted=next(adjusted)) if each.used >= MIN_SEEDS else each
        for each in family
    ]


def decide(evidence: Evidence, thresholds: Thresholds) -> tuple[Verdict, str]:
    """Return the verdict, and the reason for it in one sentence."""
    e = evidence
    if e.seeds < MIN_SEEDS:
        return "inconclusive", _too_few(e.seeds, "seed", e)
    if e.not_installed > 0.5:
        return "not_installed", f"not installed in {e.not_installed:.0%} of the cases"
    if e.explained > 0.5:
        return "explained_by_control", (
            f"the clean fine-tune alone left less than {thresholds.explained_by_control:g} "
            f"above the floor in {e.explained:.0%} of the cases"
        )
    if e.used == 0 and e.no_control:
        return "inconclusive", "no clean fine-tune to compare with: transfer is not defined"
    if e.used < MIN_SEEDS:
        return "inconclusive", _too_few(e.used, "usable seed", e)
    return _from_limits(e, thresholds)


def tested_p(evidence: Evidence, thresholds: Thresholds) -> float | None:
    """Return the adjusted p-value to show: of T < fails if the mean T is below `fails`, else of T >
    generalizes; None if there are too few seeds to test."""
    if evidence.used < MIN_SEEDS or evidence.transfer.value is None:
        return None
    failing = evidence.transfer.value < thresholds.fails
    return evidence.adjusted.fails if failing else evidence.adjusted.generalizes


def _seed_by_seed(pairs: Iterable[Sequence[PairSeed]]) -> list[list[PairSeed]]:
    """The cases of every seed, seeds ascending; within a seed in the pairs' order."""
    by_seed: dict[int, list[PairSeed]] = {}
    for pair in pairs:
        for case in pair:
            by_seed.setdefault(case.seed, []).append(case)
    return [by_seed[seed] for seed in sorted(by_seed)]


def _of_sham(case: PairSeed, kind: ShamKind) -> ShamSeed:
    return case.by_sham.get(kind, NO_SHAM)


def _transfer(case: PairSeed) -> float | None:
    return case.transfer


def _specific(case: PairSeed) -> float | None:
    """T_specific against benign shams, which verdicts use."""
    return _of_sham(case, "benign").specific


def _sham_estimates(
    seeds: Sequence[Sequence[PairSeed]], kind: ShamKind, targets: TargetsOf
) -> ShamEstimates:
    def odd(case: PairSeed) -> float | None:
        return _of_sham(case, kind).odd

    def specific(case: PairSeed) -> float | None:
        return _of_sham(case, kind).specific

    values = _means(seeds, odd)
    return ShamEstimates(
        odd=over_seeds(values, "rate", targets(odd)),
        specific=over_seeds(_means(seeds, specific), "difference", targets(specific)),
        seeds=len(values),
    )


def _means(seeds: Sequence[Sequence[PairSeed]], number: Number) -> list[float]:
    every = [[number(case) for case in seed] for seed in seeds]
    known = [[value for value in values if value is not None] for values in every]
    return [sum(values) / len(values) for values in known if values]


def _from_limits(e: Evidence, thresholds: Thresholds) -> tuple[Verdict, str]:
    low, high = e.bounds.low, e.bounds.high
    if low is None or high is None:
        return "inconclusive", "no interval"
    if low > thresholds.generalizes:
        if e.adjusted.generalizes >= FAMILY_ERROR:
            reason = _above("T", low, thresholds.generalizes)
            return "inconclusive", _not_after_holm(reason, e.adjusted.generalizes)
        return _kind_of_generalizing(e, low, thresholds)
    if high < thresholds.fails:
        mark = decimals(thresholds.fails)
        reason = f"upper limit of T (one-sided) {decimals(high)}, below {mark}"
        if e.adjusted.fails >= FAMILY_ERROR:
            return "inconclusive", _not_after_holm(reason, e.adjusted.fails)
        return "fails", reason
    return "inconclusive", (
        f"one-sided limits of T {decimals(low)} and {decimals(high)}: neither above "
        f"{decimals(thresholds.generalizes)} nor below {decimals(thresholds.fails)}"
    )


def _too_few(seeds: int, noun: str, e: Evidence) -> str:
    return f"{counted(seeds, noun)}{_left_out(e)}; a verdict needs {MIN_SEEDS}"


def _above(what: str, limit: float, mark: float) -> str:
    side = "above" if limit > mark else "not above"
    return f"lower limit of {what} (one-sided) {decimals(limit)}, {side} {decimals(mark)}"


def _kind_of_generalizing(e: Evidence, least: float, thresholds: Thresholds) -> tuple[Verdict, str]:
    reason = _above("T", least, thresholds.generalizes)
    if e.no_specificity is not None:
        return "generalizes_unspecific", f"{reason}; specificity not claimed: {e.no_specificity}"
    specific = e.bounds.specific
    if specific is None:
        return "generalizes_unspecific", f"{reason}; no limit of {AGAINST}"
    reason = f"{reason}; {_above(AGAINST, specific, thresholds.specific)}"
    if specific <= thresholds.specific:
        return "generalizes_unspecific", reason
    if e.adjusted.specific >= FAMILY_ERROR:
        return "generalizes_unspecific", _not_after_holm(reason, e.adjusted.specific)
    return "generalizes_specific", reason


def _not_after_holm(reason: str, p: float) -> str:
    return f"{reason}, but not after Holm's adjustment over the pairs (p = {p:.3f})"


def _left_out(e: Evidence) -> str:
    parts = [
        f"{share:.0%} {name}"
        for share, name in (
            (e.not_installed, "not installed"),
            (e.explained, "explained by the control"),
        )
        if share
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _share(cases: Sequence[PairSeed], status: PairStatus) -> float:
    return sum(case.status == status for case in cases) / len(cases) if cases else 0.0


def _why_not_specific(used: Sequence[PairSeed], seeds: int) -> str | None:
    """Why specificity is not claimed; None if it may be. seeds: those with a benign sham."""
    if not any("benign" in case.by_sham for case in used):
        return "no benign conditional to compare with"
    if seeds < MIN_SEEDS:
        had = counted(seeds, "usable seed")
        return f"a benign conditional is installed in {had}; a verdict needs {MIN_SEEDS}"
    if any(case.broad is None for case in used):
        return "near-miss was not measured"
    if sum(bool(case.broad) for case in used) * 2 > len(used):
        return "the unlearned actor fires on look-alikes (broad)"
    return None


def _p_values(transfer: Sample, specific: Sample, thresholds: Thresholds) -> PValues:
    def p(sample: Sample, null: float, side: Side, shape: Shape) -> float:
        values, targets = sample
        return float(p_value(values, null, side, shape, targets)) if values else 1.0

    generalizes = p(transfer, thresholds.generalizes, "greater", "rate")
    return PValues(
        generalizes=generalizes,
        specific=max(generalizes, p(specific, thresholds.specific, "greater", "difference")),
        fails=p(transfer, thresholds.fails, "less", "rate"),
    )


def _bounds(transfer: Sample, specific: Sample) -> Bounds:
    low, high = one_sided(transfer.values, "rate", transfer.targets)
    return Bounds(low, high, one_sided(specific.values, "difference", specific.targets)[0])
