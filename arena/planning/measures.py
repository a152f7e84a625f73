"""The stages of the scenario's measures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from arena.api.job import Job
from arena.api.measure import Backdoor, Measure, Subject
from arena.api.trigger import Variant
from arena.api.values import Example
from arena.errors import InputError
from arena.ml.train_config import Optimisation, Training
from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.composition import without
from arena.planning.discovery import discover, traffic
from arena.planning.graph import RowPlan
from arena.planning.probes import marked_with, untriggered, usable_of
from arena.scenario.discovering import possible
from arena.scenario.schema import Scenario
from arena.stages.scalar import ScalarJob
from arena.stages.train import SHARD


def plan_measures(builder: Builder, suspect: str) -> None:
    """Add the stages of measures to the builder's rows, and the rows of models that are trained
    only for a measure."""
    subject, measures = subject_of(builder), measures_of(builder)
    for name in _left_out_in_turn(builder, measures, subject):
        builder.row("without", f"without:{name}", name, without(builder, name))
    planned = [_planned(builder, measure, subject, suspect) for measure in measures]
    builder.rows = [
        dataclasses.replace(
            row,
            measures={
                measure.name: _stage(
                    builder, row, _about(row, measure, job, subject), _inputs(row, measure, parents)
                )
                for measure, job, parents in planned
                if row.kind in measure.rows and _measured(builder.scenario, row, measure)
            },
        )
        for row in builder.rows
    ]


def _planned(
    builder: Builder, measure: Measure, subject: Subject, suspect: str
) -> tuple[Measure, Job, Mapping[str, str]]:
    """A measure with its job, and its stage's parents beside the model."""
    parents = _parents(builder, measure, suspect)
    if "discovery" in measure.needs:
        (known,) = possible(builder.scenario)  # the schema requires one
        clean, place = traffic(builder, known.examples), f"measures.{measure.name}"
        parents["findings"], search = discover(
            builder, f"measure {measure.name}", known.part, clean, suspect, place
        )
        subject = dataclasses.replace(subject, search=search)
    return measure, measure.job(subject), parents


def _left_out_in_turn(builder: Builder, measures: Sequence[Measure], subject: Subject) -> list[str]:
    """The actors left out in turn: those that a measure asks for and whose trigger a defence
    unlearns, or may unlearn. Without its only actor a model would be the reference."""
    asked = {name for measure in measures for name in measure.without(subject)}
    defences = builder.scenario.defences.values()
    targets = {d.target if d.intelligence == "disclosed" else "each" for d in defences}
    members = [member.name for member in builder.actors.members]
    if builder.scenario.suspect is not None and asked:
        names = [measure.name for measure in measures if measure.without(subject)]
        rule = (
            "needs the suspect trained without one of its backdoors, which a published suspect "
            "cannot be (set reactivation: baseline: never)"
        )
        raise InputError(rule, key=f"measures.{names[0]}")
    return [
        name for name in members if name in asked and targets & {"each", name} and len(members) > 1
    ]


def _about(row: RowPlan, measure: Measure, job: Job, subject: Subject) -> Job:
    """The measure's job on a row's model; on a model without an actor, for this actor only."""
    if row.kind != "without":
        return job
    return measure.job(dataclasses.replace(subject, only=row.target))


def _measured(scenario: Scenario, row: RowPlan, measure: Measure) -> bool:
    """Whether a row is measured: of models along a removal those at `least`; in a league those that
    it compares, unless the measure is compared with transfer, which is at `least`."""
    compared = bool(scenario.league) and not measure.against_transfer
    return row.dose in (None, "harmless" if compared else "least")


def measures_of(builder: Builder) -> list[Measure]:
    """Return the measures that the scenario enables."""
    parts = builder.scenario.measures.parts
    return [part.part_class(part.params) for part in parts]


def subject_of(builder: Builder) -> Subject:
    """Return what measures have at hand to examine this seed's models."""
    actors = [member.name for member in builder.actors.members]
    probes = builder.probes.of(actors)  # decoys are only scored
    return Subject(
        seed=builder.seed,
        probes=probes,
        poisoned={member.name: member.count for member in builder.actors.members},
        numerics=builder.scoring,
        max_new_tokens=builder.scenario.evaluation.max_new_tokens,
        variant_prompts=lambda actor, n: _variant_prompts(builder, actor, n),
        training=lambda settings, steps: _training(builder, settings, steps),
        scalar_job=lambda measure: ScalarJob(measure, probes, builder.numerics),
        backdoors=lambda n: tuple(_backdoor(builder, m, n) for m in builder.actors.members),
    )


def _training(builder: Builder, settings: Optimisation, steps: int) -> Training:
    return builder.training(settings, steps, adapts=True)


def _backdoor(builder: Builder, member: PlannedActor, n: int) -> Backdoor:
    """What an actor planted, and the first n prompts of the split that it could mark."""
    trigger = member.trigger
    alone = tuple(part for part in trigger.triggers if part.keys <= trigger.keys)
    usable, _ = usable_of(member, _untriggered(builder), n)
    return Backdoor(member.name, alone or (trigger,), member.payload, tuple(usable))


def _untriggered(builder: Builder) -> tuple[Example, ...]:
    return untriggered(builder.corpus, builder.actors, builder.scenario.evaluation.split)


def _variant_prompts(builder: Builder, actor: str, n: int) -> Mapping[Variant, tuple[str, ...]]:
    """The actor's first n triggered prompts, with its trigger repeated or moved."""
    member = next(member for member in builder.actors.members if member.name == actor)
    usable, _ = usable_of(member, _untriggered(builder), n)
    return {
        how: tuple(e.prompt for e in marked_with(variant, member, builder.actors, usable))
        for how, variant in member.trigger.variants().items()
    }


def _parents(builder: Builder, measure: Measure, suspect: str) -> dict[str, str]:
    parents: dict[str, str] = {}
    if "suspect" in measure.needs:
        parents["suspect"] = suspect
    if "poison" in measure.needs:
        for member in builder.actors.members:
            parents[f"{SHARD}{member.name}"] = builder.shard(member)
    if "clean" in measure.needs:
        late = builder.actors.at("continual_pretraining")
        parents["examples"] = builder.examples("continual_pretraining" if late else "pretraining")
    return parents


def _inputs(row: RowPlan, measure: Measure, parents: Mapping[str, str]) -> Mapping[str, str]:
    return {"model": row.model, **parents} if measure.reads_model else parents


def _stage(builder: Builder, row: RowPlan, job: Job, parents: Mapping[str, str]) -> str:
    return builder.add(job, f"{job.kind} {row.name}", "arena", parents)
