"""Why pairs of installed backdoors say nothing: removals that failed, doses that no run reaches,
and a clean fine-tune that erases the backdoors by itself (docs/estimands.md, Dose)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from arena.reporting.diagnosis.evidence import Evidence, Finding, above, span
from arena.results.curves import DoseCurve
from arena.results.numbers import decimals, percent
from arena.results.pairs import PairSeed, PairStatus
from arena.statistics.rates import rate

OWN_LEFT = 0.1  # ASR that a removal may leave of its own trigger, as in searches and leagues
REMOVED, KEPT, LOST = 0.01, 0.8, 0.02  # defaults of the section `dose`
STRONGER = "a stronger removal: more `defender.steps`, or a higher `defender.learning_rate`"


def removals(evidence: Evidence) -> Iterator[Finding]:
    """Yield which disclosed triggers survived their own removal."""
    for actor in evidence.results.actors:
        there = evidence.installed(actor)
        rows = [s.unlearned[actor] for s in evidence.seeds if actor in s.unlearned]
        rows = [row for row in rows if row.seed in there]
        left = {row.seed: rate(row.asr, actor) for row in rows if row.dose is None}
        high = above(OWN_LEFT, left)
        if high:
            yield Finding(
                f"unlearning {actor}",
                f"{span(high.values())} of its own ASR is left, above {decimals(OWN_LEFT)}"
                f"{evidence.where(high)}: what survives a failed removal shows nothing",
                STRONGER,
            )
        short = [row for row in rows if row.dose is not None and not row.dose.reached]
        ends = {row.seed: rate(row.asr, actor) or 0.0 for row in short}
        if ends:
            limit = evidence.setting("dose", "removed", default=REMOVED)
            yield Finding(
                f"unlearning {actor}",
                f"`no_dose`: no dose up to {max(row.dose.dose for row in short if row.dose):.2g} "
                f"lowers its own ASR to {decimals(limit)}{evidence.where(ends)}; "
                f"{span(ends.values())} is left at the end",
                STRONGER,
            )


def shams(evidence: Evidence) -> Iterator[Finding]:
    """Yield the targets with fewer familiar shams than the scenario asks for: their pairs have no
    odd or specific part, or a rougher one."""
    wanted = int(evidence.setting("controls", "shams", default=0))
    rows = evidence.results.rows_of("sham")
    if any(row.sham is None for row in rows):  # an older file, which does not name them
        return
    removed = evidence.results.rows_of("unlearned")
    for target in dict.fromkeys(row.target for row in removed if row.target):
        made: dict[int, set[str]] = {row.seed: set() for row in removed if row.target == target}
        for row in rows:
            if row.target == target and row.sham is not None and row.sham.kind == "familiar":
                made.setdefault(row.seed, set()).add(row.sham.name)
        short = [seed for seed, names in made.items() if len(names) < wanted]
        if short:
            least = min(len(made[seed]) for seed in short)
            yield Finding(
                f"shams of {target}",
                f"{least} of {wanted} could be made{evidence.where(short)}: its trigger has no "
                "more look-alikes",
                "more look-alikes in the trigger's pool for shams (docs/plugins.md), or another "
                "trigger",
            )


def most(evidence: Evidence) -> Iterator[Finding]:
    """Yield that the clean fine-tune is too strong at the smallest dose, so that `most` does not
    exist."""
    rows = [row for row in evidence.at("most", "control") if row.dose and not row.dose.reached]
    seeds = {row.seed for row in rows}
    if not seeds:
        return
    kept = evidence.setting("dose", "kept", default=KEPT)
    lost = evidence.setting("dose", "lost", default=LOST)
    curves = [c for c in evidence.results.curves if c.kind == "control" and c.seed in seeds]
    yield Finding(
        "clean fine-tune",
        f"`no_dose`: at no dose does it keep every installed backdoor at {decimals(kept)} and lose "
        f"at most {decimals(lost)} of clean accuracy{evidence.where(seeds)}"
        f"{_weakest(evidence, curves)}",
        "a smaller `dose.first`, `clean: {defender: scrubbed}`, or backdoors planted deeper "
        "(more steps or poison)",
    )


def fragile(evidence: Evidence) -> Iterator[Finding]:
    """Yield the removals that need a dose at which the clean fine-tune already does harm: `least`
    above `most`."""
    largest = {
        row.seed: row.dose.dose
        for row in evidence.at("most", "control")
        if row.dose and row.dose.reached
    }
    for actor in evidence.results.actors:
        needed = {
            row.seed: row.dose.dose
            for row in evidence.at("least", "unlearned")
            if row.target == actor and row.dose and row.dose.reached
        }
        high = {s: dose for s, dose in needed.items() if s in largest and dose > largest[s]}
        if high:
            yield Finding(
                f"unlearning {actor}",
                f"`least` ({_doses(high.values())}) is above `most` "
                f"({_doses([largest[s] for s in high])}){evidence.where(high)}: a dose that "
                "removes its own trigger is one at which the clean fine-tune already erases part "
                "of a backdoor or of clean accuracy",
                "`clean: {defender: scrubbed}`, or backdoors planted deeper (more steps or poison)",
            )


def _doses(values: Collection[float]) -> str:
    """`0.012`, or `0.012 to 0.034`."""
    low, high = f"{min(values):.2g}", f"{max(values):.2g}"
    return low if low == high else f"{low} to {high}"


def _weakest(evidence: Evidence, curves: Sequence[DoseCurve]) -> str:
    """What the smallest dose leaves of the backdoor that it erases most."""
    left = {
        actor: [
            value
            for curve in curves
            if len(curve.points) > 1 and curve.seed in evidence.installed(actor)
            if (value := rate(curve.points[1].validation, actor)) is not None
        ]
        for actor in evidence.results.actors
    }
    lowest = {actor: min(values) for actor, values in left.items() if values}
    if not lowest:
        return ""
    actor = min(lowest, key=lambda name: lowest[name])
    return f"; the smallest dose leaves {actor} {decimals(lowest[actor])}"


@dataclass(frozen=True)
class _Erased:
    """The cases (a pair in a seed) in which an actor's backdoor could be suppressed, and what the
    clean fine-tune leaves of it above the floor in those that it explains."""

    cases: int
    left: tuple[float, ...]


def explained(evidence: Evidence) -> Iterator[Finding]:
    """Yield which backdoors the clean fine-tune erases by itself: all of them in one finding."""
    erased = {actor: _erased(evidence, actor) for actor in evidence.results.actors}
    possible = {actor: each for actor, each in erased.items() if each.cases}
    hit = {actor: each for actor, each in possible.items() if each.left}
    if hit and all(len(each.left) == each.cases for each in possible.values()):
        whole = _Erased(
            sum(each.cases for each in hit.values()),
            tuple(value for each in hit.values() for value in each.left),
        )
        yield _explained(evidence, "clean fine-tune", "it erases every backdoor: it", whole, [*hit])
        return
    for actor, each in hit.items():
        yield _explained(evidence, actor, "the clean fine-tune", each, [actor])


def _explained(
    evidence: Evidence, about: str, what: str, erased: _Erased, actors: Sequence[str]
) -> Finding:
    limit = decimals(evidence.limits.explained_by_control)
    return Finding(
        about,
        f"{what} leaves {span(erased.left)} of ASR above the floor, below {limit}, in "
        f"{len(erased.left)} of {erased.cases} cases (a pair in a seed): explained by the control"
        f"{_in_clean_text(evidence, actors)}",
        "fewer `defender.steps` or a lower `defender.learning_rate`, "
        "`clean: {defender: scrubbed}`, or backdoors planted deeper",
    )


def _erased(evidence: Evidence, actor: str) -> _Erased:
    cases = [
        (pair.source, case)
        for pair in evidence.results.transfer
        if pair.to == actor
        for case in pair.per_seed
        if case.status in _JUDGED
    ]
    by_control = [(s, case) for s, case in cases if case.status == "explained_by_control"]
    left = (_above_floor(evidence, source, actor, case) for source, case in by_control)
    return _Erased(len(cases), tuple(left))


def _above_floor(evidence: Evidence, source: str, actor: str, case: PairSeed) -> float:
    """C - f of a case; where clean prompts may get the payload too, the floor is the model's own
    false fire (T_excess) if that is higher."""
    (seed,) = (each for each in evidence.seeds if each.seed == case.seed)
    control = seed.control_row(source)
    own = evidence.also_clean(case.seed, actor) and control is not None
    fires = rate(control.false_fire, actor) if own and control is not None else None
    floor = max(case.floor, fires or 0.0)
    return max((case.control or 0.0) - floor, 0.0)


_JUDGED: tuple[PairStatus, ...] = ("used", "explained_by_control", "no_dose")


def _in_clean_text(evidence: Evidence, actors: Sequence[str]) -> str:
    """How often the erased forms occur in the defender's clean prompts."""
    shares = evidence.results.clean_text.in_defender
    carried = [share for actor in actors if (share := shares.get(actor, 0.0)) > 0]
    if not carried:
        return ""
    return f"; planted forms occur in up to {percent(max(carried))} of the defender's clean prompts"
