"""The stages that look closer at a seed's models, where the scenario asks for it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from arena import seeds
from arena.api.values import RowKind
from arena.measures.jobs import QuietJob, ReactivateJob, RepresentJob
from arena.measures.prompts import prompt_groups, quiet_asks, reactivate_asks
from arena.planning.actors import Cast
from arena.planning.builder import Builder
from arena.planning.graph import RowPlan
from arena.scenario.measures import Reactivation
from arena.stages.jobs import Job
from arena.store.store import digest

# Which rows are worth it: shams are many, and stand in no definition of these.
ROWS: Mapping[str, frozenset[RowKind]] = {
    "represent": frozenset({"reference", "compromised", "control", "unlearned"}),
    "quiet": frozenset({"compromised", "control", "unlearned"}),
    "reactivate": frozenset({"reference", "control", "unlearned", "defended"}),
}


def inspect(builder: Builder, suspect: str) -> None:
    """Give the builder's rows their measures."""
    jobs = _jobs(builder)
    parents = {"represent": {"suspect": suspect}}
    if "reactivate" in jobs:
        parents["reactivate"] = {f"shard:{m.name}": builder.shard(m) for m in builder.cast.members}
    builder.rows = [
        dataclasses.replace(
            row,
            measures={
                kind: _stage(builder, kind, row, job, parents.get(kind, {}))
                for kind, job in jobs.items()
                if row.kind in ROWS[kind]
            },
        )
        for row in builder.rows
    ]


def _stage(
    builder: Builder, kind: str, row: RowPlan, job: Job, others: Mapping[str, str]
) -> str:  # fmt: skip
    spec: dict[str, Any] = {"job": _spec(job), "numerics": builder.numerics}
    if kind == "represent":
        spec["scikit-learn"] = importlib.metadata.version("scikit-learn")  # fits the probe
    parents = {"model": row.model, **others}
    steps = job.steps if isinstance(job, ReactivateJob) else None
    return builder.add(kind, f"{kind} {row.name}", "arena", spec, parents, job, steps)


def _spec(job: Any) -> dict[str, Any]:
    spec = dataclasses.asdict(job)
    long = [name for name in ("asks", "groups") if name in spec]
    return {**spec, **{name: digest(spec[name]) for name in long}}


def _jobs(builder: Builder) -> dict[str, Job]:
    """The work of each kind that the scenario asks for; every row of a kind has the same."""
    asked, limit = builder.scenario.measures, builder.scenario.evaluation.max_new_tokens
    actors = [member.name for member in builder.cast.members]
    probes = builder.probes.of(actors)  # decoys are only scored
    found: dict[str, Job] = {}
    if asked.representations is not None:
        groups = prompt_groups(probes, asked.representations.prompts)
        found["represent"] = RepresentJob(groups, builder.device, _seed(builder, "represent"))
    if asked.quiet is not None:
        quiet = asked.quiet
        asks = quiet_asks(
            probes,
            builder.corpus,
            builder.cast,
            builder.scenario.evaluation.split,
            quiet.prompts,
        )
        found["quiet"] = QuietJob(
            asks, quiet.temperature, quiet.draws, builder.device, _seed(builder, "quiet"), limit
        )
    again = asked.reactivation
    if again is not None:
        few = too_few(builder.cast, again)
        every = reactivate_asks(probes, again.prompts)
        found["reactivate"] = ReactivateJob(
            tuple(ask for ask in every if ask.actor not in few),
            again.samples,
            again.batch_size,
            again.learning_rate,
            builder.training({"steps": 1, "warmup": 0}, adapts=True),
            _seed(builder, "reactivate"),
            limit,
        )
    return found


def too_few(cast: Cast, asked: Reactivation) -> dict[str, str]:
    """Actors whose poison is less than what a reactivation curve takes, and why."""
    most = max(asked.samples)
    return {
        member.name: f"{member.count} poisoned documents, a curve takes {most}"
        for member in cast.members
        if member.count < most
    }


def _seed(builder: Builder, what: str) -> int:
    return seeds.integer(builder.seed, what)
