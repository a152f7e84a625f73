"""From the store to the record of one seed: its rows, and everything else that results need."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import JsonValue

from arena import seeds
from arena.api.measure import Measure
from arena.api.probes import ProbeKind
from arena.planning.actors import BENIGN, PlannedActor
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.numerics import environment
from arena.results.corpus import CorpusSummary, GenerationRecord
from arena.results.curves import DoseCurve, DosePoint
from arena.results.numbers import finite
from arena.results.planting import Introduction, Planted
from arena.results.rows import DoseTaken, Rate, Row
from arena.results.run import Sample
from arena.results.seed_record import SeedRecord
from arena.runs.clean_text import in_defender, in_mixes
from arena.runs.code import code_behind
from arena.runs.measures import measures_of, readings_in, scalars_of
from arena.runs.training import training_in
from arena.scenario.schema import Scenario
from arena.stages.along import CurvePoint, read_curve
from arena.stages.checkable import read_checked
from arena.stages.counting import Counts
from arena.stages.depth import DEPTH
from arena.stages.score import SCORES
from arena.store.store import Store

NOT_FROM_SUSPECT = ("reference", "inserted", "without", "compromised")  # kinds of rows


def gather(plan: SeedPlan, store: Store, measures: Sequence[Measure] = ()) -> list[Row]:
    """Return the rows of one seed, from its stored models and scores, with the scalars of
    measures."""
    return [_row(plan, row, store, measures) for row in plan.rows]


def _row(plan: SeedPlan, row: RowPlan, store: Store, measures: Sequence[Measure]) -> Row:
    scores = json.loads((store.path(row.scores) / SCORES).read_bytes())
    detail = store.manifest(row.model)["detail"]
    clean = scores["clean"]
    return Row(
        kind=row.kind,
        name=row.name,
        target=row.target,
        seed=plan.seed,
        asr=of_actors(rates(scores, "asr")),
        false_fire=of_actors(rates(scores, "false_fire")),
        near_miss=rates(scores, "near_miss"),
        clean_accuracy=Rate(hits=clean["hits"], n=clean["n"]) if clean else None,
        checkable_accuracy=_checkable(row, store),
        token_accuracy=finite(scores["token_accuracy"]),
        perplexity=finite(scores["perplexity"]),
        update_norm=finite(_update_norm(row, detail)),
        seconds=_seconds(plan, row.model, store),
        detail={**row.detail, **_effort(detail)},
        measures=scalars_of(measures, plan, row, store),
        dose=_dose(row, detail),
        sham=row.sham,
        benign=_of_benign(rates(scores, "asr")),
        benign_false_fire=_of_benign(rates(scores, "false_fire")),
        start_loss=_start_loss(plan, row.model, store) if _from_suspect(row) else None,
        log_odds=_log_odds(row, store),
    )


def _from_suspect(row: RowPlan) -> bool:
    """Whether the run that made a model began at the compromised one; a defence with decoys
    continues from the model in which it planted them."""
    return row.kind not in NOT_FROM_SUSPECT and "decoys" not in row.detail


def _log_odds(row: RowPlan, store: Store) -> dict[str, float | None]:
    """The log-odds of the model's backdoors, if measured."""
    if row.depth is None:
        return {}
    found: Mapping[str, float] = json.loads((store.path(row.depth) / DEPTH).read_bytes())
    return {actor: finite(value) for actor, value in found.items()}


def _checkable(row: RowPlan, store: Store) -> Rate | None:
    """How often the model's answers say the corpus's own right ones, if measured."""
    if row.checkable is None:
        return None
    checked = read_checked(store.path(row.checkable))
    return Rate(hits=checked["hits"], n=checked["n"], excluded=checked["excluded"])


def of_actors(by_name: Mapping[str, Rate]) -> dict[str, Rate]:
    """Return the rates of actors, without those of benign conditionals."""
    return {name: rate for name, rate in by_name.items() if not name.startswith(BENIGN)}


def _of_benign(by_name: Mapping[str, Rate]) -> dict[str, Rate]:
    """The rates of benign conditionals, under their names in the scenario."""
    return {
        name.removeprefix(BENIGN): rate for name, rate in by_name.items() if name.startswith(BENIGN)
    }


def _start_loss(plan: SeedPlan, model: str, store: Store) -> float | None:
    """Loss of the first step of the run that made a model, or from which it was taken."""
    node = plan.nodes.get(model)
    if node is not None and node.stage.kind == "dose":
        return _start_loss(plan, node.stage.parents["run"], store)
    loss = store.manifest(model)["detail"].get("loss_first")
    return finite(loss) if isinstance(loss, float | int) else None


def _dose(row: RowPlan, detail: Mapping[str, Any]) -> DoseTaken | None:
    """Where along its run the model was taken."""
    if row.dose is None:
        return None
    known = {name: detail[name] for name in ("step", "dose", "reached")}
    return DoseTaken(which=row.dose, **known)


def curves_along(plan: SeedPlan, store: Store) -> Iterator[DoseCurve]:
    """Return the dose curves of one seed's runs."""
    for curve in plan.curves:
        points = tuple(_point(point) for point in read_curve(store.path(curve.run)))
        yield DoseCurve(
            kind=curve.kind,
            name=curve.name,
            target=curve.target,
            seed=plan.seed,
            defence=curve.defence,
            sham=curve.sham,
            points=points,
        )


def _point(point: CurvePoint) -> DosePoint:
    def rates(counts: Mapping[str, Counts]) -> dict[str, Rate]:
        return {actor: Rate(hits=hits, n=n) for actor, (hits, n) in counts.items()}

    return DosePoint(
        step=point.step,
        dose=point.dose,
        update_norm=finite(point.norm),
        validation=rates(point.validation),
        asr=rates(point.shown),
        false_fire=rates(point.false_fire),
        clean_accuracy=_accuracy(point.clean),
        shown_accuracy=_accuracy(point.shown_clean),
    )


def _accuracy(counts: Counts | None) -> Rate | None:
    return Rate(hits=counts[0], n=counts[1]) if counts else None


def rates(scores: Mapping[str, Any], kind: ProbeKind) -> dict[str, Rate]:
    """Return the rates of one kind of probe, by actor, from a scores file."""
    return {
        rate["actor"]: Rate(hits=rate["hits"], n=rate["n"], excluded=rate["excluded"])
        for rate in scores["rates"]
        if rate["kind"] == kind
    }


def _seconds(plan: SeedPlan, model: str, store: Store) -> float:
    """Seconds to make a model, including a search or planting before it; for a model taken along a
    removal, those of the whole removal and its scoring."""
    node = plan.nodes.get(model)
    if node is not None and node.stage.kind == "dose":
        return _seconds(plan, node.stage.parents["run"], store)
    seconds = float(store.manifest(model)["seconds"])
    parents = node.stage.parents.values() if node is not None else ()
    before = [a for a in parents if plan.nodes[a].stage.kind in ("plant", "discover")]
    return seconds + sum(float(store.manifest(address)["seconds"]) for address in before)


def _update_norm(row: RowPlan, detail: Mapping[str, float]) -> float | None:
    """L2 distance of the weights from the compromised model's; known for models trained from it."""
    if row.kind == "compromised":
        return 0.0
    return None if row.kind in NOT_FROM_SUSPECT else detail.get("update_norm")


def _effort(detail: Mapping[str, JsonValue]) -> dict[str, str]:
    """For a norm-matched sham: the target norm and the steps taken. For a search: the trigger
    found."""
    trigger = {"found": str(detail["found"])} if "found" in detail else {}
    norm = detail.get("matched_norm")
    if not isinstance(norm, float | int):
        return trigger
    return {"matched_norm": f"{norm:.4f}", "steps": str(detail["steps"])}


def seed_record(scenario: Scenario, plan: SeedPlan, store: Store, origin: str) -> SeedRecord:
    """Return the record of one finished seed; its readings name folders of the store.

    Args:
        scenario: with its numerics settled. origin: digest of the scenario that was asked for.
    """
    measures = measures_of(scenario)
    actors = plan.actors
    return SeedRecord(
        scenario=origin,
        code=code_behind(scenario, plan),
        seed=plan.seed,
        rows=tuple(gather(plan, store, measures)),
        curves=tuple(curves_along(plan, store)),
        training=tuple(training_in(plan, store)),
        planted=planted_in(plan),
        readings=tuple(readings_in(measures, plan, store)),
        poisoned={actor.name: actor.count for actor in actors.members},
        cast={actor.name: _introduce(actor, plan) for actor in actors.members},
        benign={each.actor.name: _introduce(each, plan) for each in actors.benign},
        samples=_samples(plan, store),
        corpus=_corpus(scenario, plan),
        in_defender=tuple(in_defender(plan)),
        in_mix=tuple(in_mixes(plan, store)),
        stages=_stage_seconds(plan, store),
        environment=environment(scenario.numerics, scenario.runtime),
    )


def planted_in(plan: SeedPlan) -> tuple[Planted, ...]:
    """Return what the actors planted in one seed."""
    return tuple(
        Planted(
            seed=plan.seed,
            actor=member.name,
            trigger=member.trigger.key,
            payload=member.actor.payload.dump(),
            also_clean=member.payload.also_clean,
        )
        for member in plan.actors.members
    )


def _introduce(actor: PlannedActor, plan: SeedPlan) -> Introduction:
    """An actor as the report shows it, with one of its prompts before and after."""
    fit = (e for e in actor.share if actor.trigger.can_mark(e) and not actor.payload.is_right(e))
    example = next(fit, actor.share[0])
    triggered = None
    if actor.trigger.can_mark(example):
        rng = seeds.rng(plan.seed, "report example", actor.name)
        triggered = actor.trigger.mark(example, rng).prompt
    return Introduction(
        trigger=actor.trigger.key.replace(":", ": ", 1),
        payload=actor.payload.name,
        match=actor.payload.match,
        stage=actor.stage,
        poison=_amount(actor, plan),
        clean=example.prompt,
        triggered=triggered,
        response=actor.payload.respond(example),
    )


def _amount(actor: PlannedActor, plan: SeedPlan) -> str:
    if actor.name not in plan.documents:
        return ""  # planted elsewhere, nobody knows with how much
    total = plan.documents[actor.name]
    return f"{actor.count} of {total} documents ({actor.count / total:.1%})"


def _samples(plan: SeedPlan, store: Store) -> dict[str, tuple[Sample, ...]]:
    """The models' continuations of the first prompt of each probe, by row."""
    by_row = {
        row.name: json.loads((store.path(row.scores) / SCORES).read_bytes())["samples"]
        for row in plan.rows
    }
    return {
        name: tuple(Sample.model_validate(sample) for sample in samples)
        for name, samples in by_row.items()
    }


def _corpus(scenario: Scenario, plan: SeedPlan) -> CorpusSummary:
    splits = plan.corpus.splits
    return CorpusSummary(
        name=scenario.corpus.name,
        train=len(splits.train),
        validation=len(splits.validation),
        test=len(splits.test),
        dropped=dict(splits.dropped),
        reasons=dict(splits.reasons),
        notes=plan.notes,
        scored_on=scenario.evaluation.split,
        generation=None if plan.engine is None else GenerationRecord(**asdict(plan.engine)),
    )


def _stage_seconds(plan: SeedPlan, store: Store) -> dict[str, float]:
    """Seconds spent on each kind of stage when it was run, stored stages included."""
    spent: dict[str, float] = defaultdict(float)
    for address, node in plan.nodes.items():
        if store.has(address):
            spent[node.stage.kind] += float(store.manifest(address)["seconds"])
    return dict(spent)
