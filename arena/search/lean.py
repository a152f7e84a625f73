"""The stages of a search's experiment, without what its observation does not read.

Searches have prompts of their own (the validation split), so no run shares their scores or their
runs along a dose. Every number of an observation stays the same; what is left out:

- prompts that no number is read off (`RatesJob`);
- the curve of a removal: its prompts, and its steps after both doses;
- triggers that occur in no clean prompt, from what a never-poisoned model depends on, so that
  strategies with other triggers share it.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

from arena.api.job import Job
from arena.api.probes import ProbeKind
from arena.api.values import Example
from arena.planning.graph import Node, RowPlan, SeedPlan
from arena.stages.along import Along
from arena.stages.along_to_doses import AlongToDoses
from arena.stages.examples import ExamplesJob
from arena.stages.forms import Forms
from arena.stages.lines import EXAMPLES, read_examples
from arena.stages.rates import RatesJob
from arena.stages.score import ScoreJob
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from arena.store.code import code_of
from arena.store.identity import identity_of

Asked = tuple[str, ProbeKind]


def lean(plan: SeedPlan, actor: str) -> SeedPlan:
    """Return the plan of an experiment about one actor with less work, and the same observation."""
    nodes: dict[str, Node] = {}
    renamed: dict[str, str] = {}
    for address, node in plan.nodes.items():
        made = _remade(node, _less(node, plan), renamed)
        renamed[address] = made.address
        nodes[made.address] = made
    rows = []
    for row in plan.rows:
        scores = _scored(plan, row, actor, renamed)
        nodes[scores.address] = scores
        measures = {name: renamed[address] for name, address in row.measures.items()}
        model = renamed[row.model]
        rows.append(replace(row, model=model, scores=scores.address, measures=measures))
    return replace(plan, nodes=nodes, rows=tuple(rows))


def _remade(node: Node, job: Job, renamed: Mapping[str, str]) -> Node:
    """The node with another job and the new addresses of its parents."""
    parents = {role: renamed[address] for role, address in node.stage.parents.items()}
    if job is node.job and parents == node.stage.parents:
        return node
    spec = node.stage.spec if job is node.job else identity_of(job)
    stage = replace(node.stage, kind=job.kind, spec=spec, parents=parents)
    return replace(node, stage=stage, job=job)


def _less(node: Node, plan: SeedPlan) -> Job:
    job = node.job
    if isinstance(job, UnlearnJob) and job.along is not None:
        return replace(job, along=_along(job.along, "control" in node.stage.parents))
    if isinstance(job, TrainJob) and not job.poisoned:
        examples = plan.nodes[node.stage.parents["examples"]].job
        return replace(job, pool=replace(job.pool, forms=_forms(job.pool.forms, examples)))
    return job


# -- scores ----------------------------------------------------------------------------------


def _scored(plan: SeedPlan, row: RowPlan, actor: str, renamed: Mapping[str, str]) -> Node:
    """The scores of a row, on the prompts that an observation reads."""
    node = plan.nodes[row.scores]
    assert isinstance(node.job, ScoreJob)
    names = [member.name for member in plan.actors.members]
    asked = tuple(_asked(row, actor, names))
    return _remade(node, RatesJob(node.job.probes, asked, node.job.numerics), renamed)


def _asked(row: RowPlan, actor: str, actors: list[str]) -> Iterator[Asked]:
    """What an observation reads off a row (arena.search.observations)."""
    if row.kind in ("reference", "compromised"):
        yield from ((name, "false_fire") for name in actors)
        yield actor, "near_miss"
    if row.kind == "compromised":
        yield from ((name, "asr") for name in actors)
    elif row.kind != "reference":
        yield from ((name, "asr") for name in dict.fromkeys((actor, row.target)) if name)


# -- removals --------------------------------------------------------------------------------


def _along(along: Along, judged: bool) -> Along:
    """A run along its doses without the curve that is shown. judged: whether it is a removal with
    a clean fine-tune, whose two doses are read; a league's dose is not read off it."""
    shown = replace(along.shown, probes=(), clean=())
    if along.keeps == "harmless":
        return replace(along, shown=shown)
    if along.own is None or not judged:
        return replace(along, shown=shown, keeps="doses")
    known = {field.name: getattr(along, field.name) for field in fields(along)}
    asked = replace(along.validation, clean=())
    changes = {"shown": shown, "validation": asked, "keeps": "doses", "code": code_of(AlongToDoses)}
    return AlongToDoses(**{**known, **changes})


# -- never-poisoned models -------------------------------------------------------------------


def _forms(forms: Forms, examples: Job) -> Forms:
    """What the forms change in these clean prompts: nothing is counted, and only triggers that
    occur in one of them are filtered out. Forms that are put in stay as they are."""
    if forms.rate:
        return forms
    if not isinstance(examples, ExamplesJob) or not forms.without:
        return replace(forms, planted=())
    clean = _drawn(examples)
    there = tuple(each for each in forms.without if any(map(each.present, clean)))
    return replace(forms, planted=(), without=there)


@functools.lru_cache(maxsize=4)
def _drawn(job: ExamplesJob) -> tuple[Example, ...]:
    """The clean prompts that a stage writes."""
    with tempfile.TemporaryDirectory() as folder:
        job.run({}, Path(folder), lambda done: None)
        return tuple(read_examples(Path(folder) / EXAMPLES))
