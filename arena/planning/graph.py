"""The parts of a plan: stages with their work, and the rows that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.api.corpus import Corpus
from arena.api.job import Job
from arena.api.values import Example, RowKind
from arena.planning.actors import PlannedActors
from arena.results.rows import Sham
from arena.stages.along import Which
from arena.stages.answers import EngineCheck
from arena.store.store import Stage


@dataclass(frozen=True)
class Node:
    """One stage with its work. saw: what the party was given, in words, for the timeline. section:
    the scenario's section of the defence that the stage belongs to."""

    stage: Stage
    job: Job
    saw: tuple[str, ...] = ()
    section: str = "defender"

    @property
    def address(self) -> str:
        return self.stage.address

    @property
    def steps(self) -> int | None:
        """Return the optimiser steps, for progress; None if the stage does not train."""
        return self.job.steps


@dataclass(frozen=True)
class RowPlan:
    """Which model and which scores make a row of the results. measures: addresses of the stages
    that measure the model more closely, by the measure's name. dose: of the verdicts, at which the
    model was taken from its run. sham: what a sham was unlearned on. depth: address of the stage
    that measures the depth of its backdoors, if any. checkable: address of the stage that measures
    its checkable accuracy, if any."""

    kind: RowKind
    name: str
    target: str | None
    model: str
    scores: str
    detail: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    dose: Which | None = None
    sham: Sham | None = None
    depth: str | None = None
    checkable: str | None = None

    @property
    def artifacts(self) -> tuple[str, ...]:
        """Return the addresses of everything that the row is read from."""
        more = filter(None, (self.depth, self.checkable))
        return (self.model, self.scores, *self.measures.values(), *more)


@dataclass(frozen=True)
class CurvePlan:
    """A run that is scored along its way: what it is, whose, and its address."""

    kind: RowKind
    name: str
    target: str | None
    run: str
    defence: str = ""
    sham: Sham | None = None


@dataclass(frozen=True)
class SeedPlan:
    """All stages of one seed, parents before children, and the rows they lead to. `documents` is
    the size of the mix that each actor's poison is part of; `notes` are what a user should know
    about the data. `told`: the main defender's clean prompts, one set per disclosed trigger.
    `engine`: that decoded the base model's own answers; None if the arena did, or if the corpus's
    are used."""

    seed: int
    nodes: Mapping[str, Node]
    rows: tuple[RowPlan, ...]
    actors: PlannedActors
    corpus: Corpus
    documents: Mapping[str, int]
    notes: tuple[str, ...] = ()
    curves: tuple[CurvePlan, ...] = ()
    told: tuple[tuple[Example, ...], ...] = ()
    engine: EngineCheck | None = None

    @property
    def artifacts(self) -> tuple[str, ...]:
        """Return the addresses of everything that the results are read from."""
        of_rows = (address for row in self.rows for address in row.artifacts)
        return (*of_rows, *(curve.run for curve in self.curves))
