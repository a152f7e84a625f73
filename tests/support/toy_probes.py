"""The corpus, the cast and the probes of the toy scenario."""

from __future__ import annotations

import functools

from arena.api.corpus import Corpus
from arena.api.probes import ProbeSet
from arena.api.world import DataRoot
from arena.planning.actors import Cast, build_cast
from arena.planning.probes import probe_set
from arena.stages.corpus import CorpusRef
from tests.support import toys


@functools.cache
def corpus() -> Corpus:
    part = toys.scenario().corpus
    return CorpusRef.of(part.name, part.params, 0, DataRoot()).build()


@functools.cache
def cast() -> Cast:
    return build_cast(toys.scenario(), corpus(), 0)


@functools.cache
def probes(split: str = "test", prompts: int = 32) -> ProbeSet:
    return probe_set(corpus(), cast(), split, prompts, None)
