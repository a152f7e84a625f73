"""The findings of one run: installation, transfer per pair, and the claim over all pairs.

Every estimand is defined in docs/estimands.md. Nothing here depends on the order of the rows, and
no number on the order of the actors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from arena.errors import InputError
from arena.results.claim import Claim, Group, VerdictThresholds
from arena.results.estimate import Estimate
from arena.results.pairs import Pair, PairSeed, PairStatus
from arena.results.planting import ActorInstallation, BenignConditional, Planted
from arena.results.rows import Row
from arena.results.summary import SummaryRow
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.power import seeds_note
from arena.statistics.seeds import Plantings, SeedRows, by_seed, pair_in_seeds
from arena.statistics.summary import summarise
from arena.statistics.thresholds import Thresholds, verdict_thresholds
from arena.statistics.transfer import (
    VERDICTS,
    Evidence,
    TargetsOf,
    decide,
    evidence_of,
    fewest_targets,
    targets_of,
    tested_p,
    with_holm,
)

STATEMENT = "unlearning one backdoor suppresses unknown others"
LEFT_OUT_NOTE = "left out of T: "  # its beginning
_LEFT_OUT: Mapping[PairStatus, str] = {
    "not_installed": "not installed",
    "explained_by_control": "explained by the control",
    "no_dose": "without a dose",
}


@dataclass(frozen=True)
class Analysis:
    """The findings of one run, in the form of its results."""

    transfer: tuple[Pair, ...]
    installation: Mapping[str, ActorInstallation]
    benign: Mapping[str, BenignConditional]
    summary: tuple[SummaryRow, ...]
    claim: Claim
    thresholds: VerdictThresholds

    @property
    def installed(self) -> dict[str, bool]:
        """Return by actor whether its backdoor is installed in most seeds."""
        return {actor: each.in_most_seeds for actor, each in self.installation.items()}


def analyse(
    rows: Sequence[Row],
    actors: Sequence[str],
    methods: Mapping[str, str],
    thresholds: Thresholds,
    planted: Sequence[Planted] = (),
) -> Analysis:
    """Return the findings from the rows of a run.

    Args:
        rows: all scored models of all seeds, in any order. Per seed: one compromised row, at
            most one reference, one control per target (or one with target None for all), any
            number of shams and at most one unlearned row per target.
        actors: names, in the order to show.
        methods: trigger method of every actor.
        thresholds: of the verdicts.
        planted: what each actor planted in each seed; without it nothing is grouped by payload, and
            no payload counts as one that clean prompts may get too.

    Raises:
        InputError: rows that contradict the above, or that name an unknown actor.
    """
    _check(rows, actors, methods)
    seeds = by_seed(rows, actors)
    pairs = _pairs(seeds, actors, thresholds, {(p.seed, p.actor): p for p in planted})
    return Analysis(
        transfer=pairs,
        installation={actor: _installation(seeds, actor, thresholds) for actor in actors},
        benign={name: _conditional(seeds, name, thresholds) for name in _conditionals(rows)},
        summary=summarise(rows, actors, benign_in(rows, thresholds)),
        claim=judge(pairs, seeds, methods, thresholds),
        thresholds=verdict_thresholds(thresholds),
    )


def installed_in(
    rows: Sequence[Row], actors: Sequence[str], thresholds: Thresholds
) -> frozenset[tuple[int, str]]:
    """Return the seed and actor of every installed backdoor.

    Raises:
        InputError: as `analyse`.
    """
    return frozenset(
        (seed.seed, actor)
        for seed in by_seed(rows, actors)
        for actor in actors
        if seed.installation(actor, thresholds).installed
    )


def benign_in(rows: Sequence[Row], thresholds: Thresholds) -> frozenset[tuple[int, str]]:
    """Return the seed and name of every installed benign conditional."""
    return frozenset(
        (seed.seed, name)
        for seed in by_seed(rows, ())
        for name in _conditionals(rows)
        if seed.conditional(name, thresholds).installed
    )


def judge(
    pairs: Sequence[Pair],
    seeds: Sequence[SeedRows],
    methods: Mapping[str, str],
    thresholds: Thresholds,
) -> Claim:
    """Return the claim over all pairs: T averaged over a seed's usable pairs, then the same verdict
    rule as for a pair. It is one test, so nothing is adjusted."""
    evidence = evidence_of(_sorted(pairs), thresholds, _targets(pairs))
    verdict, reason = decide(evidence, thresholds)

    def grouped(name_of: Callable[[Pair, PairSeed], str | None]) -> dict[str, Group]:
        return _grouped(pairs, name_of, thresholds)

    return Claim(
        statement=STATEMENT,
        verdict=verdict,
        verdict_reason=reason,
        pairs=count_verdicts(pair.verdict for pair in pairs),
        seeds=evidence.used,
        **evidence.estimates,
        by_method=grouped(lambda pair, case: methods[pair.to]),
        by_method_pair=grouped(lambda pair, case: f"{methods[pair.source]} > {methods[pair.to]}"),
        by_payload=grouped(lambda pair, case: case.payload),
        by_payload_pair=grouped(lambda pair, case: case.relation),
        notes=tuple(_notes(pairs, seeds, thresholds)),
    )


def count_verdicts(verdicts: Iterable[str | None]) -> dict[str, int]:
    """Return how often each verdict occurs, in the order of `VERDICTS`, without zeros."""
    counted = Counter(verdicts)
    return {name: counted[name] for name in VERDICTS if counted[name]}


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
    seeds: Sequence[SeedRows],
    actors: Sequence[str],
    thresholds: Thresholds,
    planted: Plantings,
) -> tuple[Pair, ...]:
    named = [(source, to) for source in actors for to in actors if source != to]
    measured = {pair: pair_in_seeds(seeds, *pair, thresholds, planted) for pair in named}
    measured = {pair: per_seed for pair, per_seed in measured.items() if per_seed}
    family = with_holm([evidence_of([per_seed], thresholds) for per_seed in measured.values()])
    return tuple(
        _pair(*pair, per_seed, evidence, thresholds)
        for (pair, per_seed), evidence in zip(measured.items(), family, strict=True)
    )


def _pair(
    source: str,
    to: str,
    per_seed: tuple[PairSeed, ...],
    evidence: Evidence,
    thresholds: Thresholds,
) -> Pair:
    verdict, reason = decide(evidence, thresholds)
    return Pair(
        source=source,
        to=to,
        seeds=evidence.used,
        **evidence.estimates,
        verdict=verdict,
        verdict_reason=reason,
        adjusted_p=tested_p(evidence, thresholds),
        plain=_plain(per_seed),
        per_seed=per_seed,
    )


def _plain(per_seed: Sequence[PairSeed]) -> Estimate | None:
    """T without subtracting false fire, for pairs where it is subtracted."""
    known = [case.plain for case in per_seed if case.plain is not None]
    return over_seeds(known) if known else None


def _installation(
    seeds: Sequence[SeedRows], actor: str, thresholds: Thresholds
) -> ActorInstallation:
    each_seed = [rows.installation(actor, thresholds) for rows in seeds]
    return ActorInstallation(
        seeds=len(each_seed),
        installed=sum(seed.installed for seed in each_seed),
        broad=sum(bool(seed.broad) for seed in each_seed),
        asr=rate_over_seeds(seed.asr for seed in each_seed),
        false_fire=rate_over_seeds(seed.false_fire for seed in each_seed),
        near_miss=rate_over_seeds(seed.near_miss for seed in each_seed),
    )


def _conditionals(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row.benign))


def _conditional(seeds: Sequence[SeedRows], name: str, thresholds: Thresholds) -> BenignConditional:
    each_seed = [rows.conditional(name, thresholds) for rows in seeds]
    return BenignConditional(
        seeds=len(each_seed),
        installed=sum(seed.installed for seed in each_seed),
        asr=rate_over_seeds(seed.asr for seed in each_seed),
        false_fire=rate_over_seeds(seed.false_fire for seed in each_seed),
    )


def _sorted(pairs: Iterable[Pair]) -> list[tuple[PairSeed, ...]]:
    """The pairs' seeds, by name, so that sums do not depend on the order of the actors."""
    return [p.per_seed for p in sorted(pairs, key=lambda pair: (pair.source, pair.to))]


def _targets(pairs: Iterable[Pair]) -> TargetsOf:
    return targets_of((pair.to, pair.per_seed) for pair in pairs)


def _grouped(
    pairs: Sequence[Pair],
    name_of: Callable[[Pair, PairSeed], str | None],
    thresholds: Thresholds,
) -> dict[str, Group]:
    """The pairs by group. Groups are per seed, so a pair may be in several, with different seeds in
    each."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        names = [name_of(pair, case) for case in pair.per_seed]
        for name in dict.fromkeys(each for each in names if each is not None):
            cases = zip(pair.per_seed, names, strict=True)
            there = tuple(case for case, its in cases if its == name)
            groups.setdefault(name, []).append(pair.model_copy(update={"per_seed": there}))
    return {name: _group(groups[name], thresholds) for name in sorted(groups)}


def _group(pairs: Sequence[Pair], thresholds: Thresholds) -> Group:
    evidence = evidence_of(_sorted(pairs), thresholds, _targets(pairs))
    return Group(pairs=len(pairs), seeds=evidence.used, **evidence.estimates)


def _left_out(cases: Sequence[PairSeed]) -> Iterable[str]:
    by_status = Counter(case.status for case in cases)
    whys = [f"{by_status[status]} {why}" for status, why in _LEFT_OUT.items() if by_status[status]]
    if whys:
        left_out = len(cases) - by_status["used"]
        yield (
            f"{LEFT_OUT_NOTE}{left_out} of {len(cases)} cases (a pair in a seed), {', '.join(whys)}"
        )


def _notes(
    pairs: Sequence[Pair], seeds: Sequence[SeedRows], thresholds: Thresholds
) -> Iterable[str]:
    cases = [case for pair in pairs for case in pair.per_seed]
    if not pairs:
        yield (
            "no trigger was unlearned in a model with another actor's backdoor: there is no "
            "transfer to estimate"
        )
    if any(rows.reference is None for rows in seeds):
        yield (
            "no reference model (in every seed): floors and the reference's false fire and "
            "near-miss are taken as 0"
        )
    if any(case.control is None for case in cases):
        yield "no clean fine-tune (in every seed): transfer is not defined without it"
    yield from _left_out(cases)
    if not any("benign" in case.by_sham for case in cases):
        yield "no benign conditional to compare with: specificity is not claimed"
    left_out = {case.seed for case in cases for sham in case.by_sham.values() if sham.left_out}
    if left_out:
        yield (
            f"a benign conditional is not installed in {len(left_out)} of {len(seeds)} seeds: its "
            "shams do not count there"
        )
    broad = sorted({pair.source for pair in pairs if any(case.broad for case in pair.per_seed)})
    if broad:
        yield f"fires on look-alikes in some seed (broad): {', '.join(broad)}"
    if pairs:
        targets = fewest_targets((pair.to, pair.per_seed) for pair in pairs)
        yield seeds_note(thresholds, len(pairs), targets)
