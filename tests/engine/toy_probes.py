"""The corpus, the cast and the probes of the toy scenario."""

from __future__ import annotations

import functools

import toys

from arena.engine.cast import Cast, build_cast
from arena.engine.jobs import CorpusRef
from arena.engine.probes import ProbeSet, probe_set
from arena.roles import Corpus, DataRoot


@functools.cache
def corpus() -> Corpus:
    part = toys.scenario().corpus
    return CorpusRef(part.name, part.params, 0, DataRoot()).build()


@functools.cache
def cast() -> Cast:
    return build_cast(toys.scenario(), corpus(), 0)


@functools.cache
def probes(split: str = "test", prompts: int = 32) -> ProbeSet:
    return probe_set(corpus(), cast(), split, prompts, None)
