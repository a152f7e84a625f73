"""The corpus, the actors and the probes of the toy scenario."""

from __future__ import annotations

import functools

from arena.api.corpus import Corpus
from arena.api.probes import ProbeSet
from arena.api.world import DataRoot
from arena.planning.actors import PlannedActors, plan_actors
from arena.planning.probes import probe_set
from arena.stages.corpus import CorpusRef
from tests.support import toys


@functools.cache
def corpus() -> Corpus:
    part = toys.scenario().corpus
    return CorpusRef.of(part.name, part.params, 0, DataRoot()).build()


@functools.cache
def actors() -> PlannedActors:
    return plan_actors(toys.scenario(), corpus(), 0)


@functools.cache
def probes(split: str = "test", prompts: int = 32) -> ProbeSet:
    return probe_set(corpus(), actors(), split, prompts, None)
