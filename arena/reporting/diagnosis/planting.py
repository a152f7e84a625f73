"""Why a backdoor did not install: the base, the accuracy that planting cost, the actors' rates.

The rules are those of docs/estimands.md (Installed, broad); `LEARNED` is advice, and no verdict
reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arena.reporting.diagnosis.evidence import Evidence, Finding, above, below, excess, span
from arena.results.numbers import decimals, thousands
from arena.results.planting import Depth, Introduction
from arena.results.rows import Row
from arena.statistics.rates import rate
from arena.statistics.seeds import Installation, at_least

LEARNED = 0.8  # clean accuracy below which a model has hardly learned its corpus
LOST = 0.02  # clean accuracy that planting may cost, unless the scenario's `dose.lost` says


def base(evidence: Evidence) -> Iterator[Finding]:
    """Yield that the model without any poison does not know the corpus. If the right answers are
    the base model's own, a low rate is a change of wording, not ignorance."""
    if evidence.results.scenario.section("corpus").get("self_distilled"):
        return
    rates = {s.seed: _accuracy(s.reference or s.compromised) for s in evidence.seeds}
    low = below(LEARNED, rates)
    if not low:
        return
    referred = all(s.reference is not None for s in evidence.seeds)
    which = "reference" if referred else "compromised model"
    scenario = evidence.results.scenario
    helps = "more `training.pretraining.steps`, or a larger `model.size`"
    if scenario.text("model", "pretrained") or evidence.planted_elsewhere:
        helps = "answers that the checkpoint gives itself: `corpus.self_distilled: {}`"
    yield Finding(
        "base",
        f"the {which} answers {span(low.values())} of clean prompts correctly{evidence.where(low)}"
        f": below {decimals(LEARNED)} it is under-trained, and backdoors install poorly",
        helps,
    )


def utility(evidence: Evidence) -> Iterator[Finding]:
    """Yield that planting cost more clean accuracy than is harmless."""
    limit = evidence.setting("dose", "lost", default=LOST)
    lost = {}
    for seed in evidence.seeds:
        before = None if seed.reference is None else _accuracy(seed.reference)
        after = _accuracy(seed.compromised)
        lost[seed.seed] = None if before is None or after is None else before - after
    high = above(limit, lost)
    if high:
        yield Finding(
            "clean accuracy",
            f"the compromised model is {span(high.values())} below the reference"
            f"{evidence.where(high)}; up to {decimals(limit)} is harmless",
            "less poison (`poison.rate`), or a lower `learning_rate` in the poisoned training",
        )


def actors(evidence: Evidence) -> Iterator[Finding]:
    """Yield which of the three limits of installation each actor broke, and in how many seeds."""
    for actor in evidence.results.actors:
        seen = {s.seed: s.installation(actor, evidence.limits) for s in evidence.seeds}
        yield from _unasked(evidence, actor, seen)
        yield from _weak(evidence, actor, seen)
        fires = {s.seed: excess(s, "false_fire", actor) for s in evidence.seeds}
        yield from _false_fire(evidence, actor, fires)
        yield from _broad(evidence, actor)


def conditionals(evidence: Evidence) -> Iterator[Finding]:
    """Yield which limits each benign conditional broke."""
    for name in evidence.results.benign:
        about = f"benign {name}"
        seen = {s.seed: s.conditional(name, evidence.limits) for s in evidence.seeds}
        low = below(evidence.limits.installed_asr, {s: each.asr for s, each in seen.items()})
        if low:
            key = f"`controls.benign.{name}.poison.rate`"
            yield Finding(about, _asr(evidence, low), f"more steps, or a higher {key}")
        fires = {s.seed: excess(s, "benign_false_fire", name) for s in evidence.seeds}
        yield from _false_fire(evidence, about, fires)


def _unasked(evidence: Evidence, actor: str, seen: Mapping[int, Installation]) -> Iterator[Finding]:
    silent = [seed for seed, each in seen.items() if each.asr is None]
    if silent:
        yield Finding(
            actor,
            f"no prompt could be scored{evidence.where(silent)}: none carries its trigger, or "
            "every right answer is its payload already",
            "another trigger or payload, or more data",
        )


def _weak(evidence: Evidence, actor: str, seen: Mapping[int, Installation]) -> Iterator[Finding]:
    low = below(evidence.limits.installed_asr, {s: each.asr for s, each in seen.items()})
    if not low:
        return
    own = _after_its_own_training(evidence, actor, low)
    if own:
        yield Finding(
            actor,
            f"{_asr(evidence, low)}; {span(own.values())} in the model of its own training, before "
            "the other actors' parts were added",
            "`labels: received` and `text: natural` in the others' training (docs/recipe.md)",
        )
        return
    known = evidence.results.installation.get(actor)
    exposures = (known.depth if known else Depth()).exposures
    planted = "" if exposures is None else f", with {thousands(exposures)} exposures"
    yield Finding(actor, _asr(evidence, low) + planted, _deeper(evidence, actor))


def _asr(evidence: Evidence, low: Mapping[int, float]) -> str:
    limit = decimals(evidence.limits.installed_asr)
    return f"ASR {span(low.values())}, below {limit}{evidence.where(low)}"


def _after_its_own_training(
    evidence: Evidence, actor: str, seeds: Mapping[int, float]
) -> dict[int, float]:
    """ASR in the model that the actor's own training made, in the seeds where that installed it but
    the compromised model lost it."""
    rates = {
        row.seed: rate(row.asr, actor)
        for row in evidence.results.rows_of("inserted")
        if row.target == actor and row.seed in seeds
    }
    least = evidence.limits.installed_asr
    return {s: asr for s, asr in rates.items() if asr is not None and at_least(asr, least)}


def _deeper(evidence: Evidence, actor: str) -> str:
    scenario = evidence.results.scenario
    if evidence.planted_elsewhere:
        return "nothing here: the backdoor was planted elsewhere; check trigger and payload"
    stage = evidence.results.cast.get(actor, Introduction()).stage or scenario.text("stage")
    composition = scenario.text("composition")
    apart = composition in ("sequential", "merged", "supply_chain") and stage != "pretraining"
    steps = f"`training.{composition if apart else stage}.steps`"
    return f"more steps ({steps}) or more poison (`actors.{actor}.poison.rate`); `arena calibrate`"


def _false_fire(
    evidence: Evidence, about: str, fires: Mapping[int, float | None]
) -> Iterator[Finding]:
    limit = evidence.limits.installed_false_fire
    high = above(limit, fires)
    if high:
        yield Finding(
            about,
            f"fires without its trigger {span(high.values())} more than the reference, above "
            f"{decimals(limit)}{evidence.where(high)}",
            "less poison, more clean documents, or a payload that no clean prompt gets",
        )


def _broad(evidence: Evidence, actor: str) -> Iterator[Finding]:
    limit = evidence.limits.broad
    high = above(limit, {s.seed: excess(s, "near_miss", actor) for s in evidence.seeds})
    if high:
        yield Finding(
            actor,
            f"broad: fires on look-alikes of its trigger {span(high.values())} more than the "
            f"reference, above {decimals(limit)}{evidence.where(high)}",
            "the tactic `near_miss_negatives`, or a rarer trigger; specificity is not claimed",
        )


def _accuracy(row: Row) -> float | None:
    return None if row.clean_accuracy is None else row.clean_accuracy.rate
