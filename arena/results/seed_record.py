"""The record of one seed of a run: everything that results over seeds are computed from.

A run gathers one record per seed from the artifact store and computes its results from them. The
records are also kept in its folder, so that runs of other seeds, made elsewhere, can be merged with
it without the store, the data or the machine that made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.api.values import RowKind
from arena.results.base import SCHEMA_VERSION, Named, Part
from arena.results.corpus import CorpusSummary
from arena.results.curves import DoseCurve
from arena.results.planting import Introduction, Planted
from arena.results.rows import Row
from arena.results.run import Sample
from arena.results.training import TrainingCurve


class ReadingRecord(Part):
    """What a measure wrote about one model. folder: of its files; in a record file, relative to the
    folder of the records."""

    measure: str
    kind: RowKind
    name: str
    target: str | None = None
    folder: str


class SeedRecord(Part):
    """One seed of one scenario, gathered.

    Attributes:
        scenario: digest of the requested scenario, without its seeds and runtime.
        code: digests of the code that decided it, by kind of stage and by part.
        poisoned: documents of poison by actor.
        cast, benign: introductions of actors and of benign conditionals, in this seed.
        samples: by row's name.
        in_defender, in_mix: shares of clean prompts with each actor's form, one entry per disclosed
            trigger and per poisoned mix.
        stages: seconds by kind of stage. environment: versions, hardware and numerics profile.
    """

    schema_version: int = SCHEMA_VERSION
    scenario: str = ""
    code: Named[str] = {}
    seed: int
    rows: tuple[Row, ...] = ()
    curves: tuple[DoseCurve, ...] = ()
    training: tuple[TrainingCurve, ...] = ()
    planted: tuple[Planted, ...] = ()
    readings: tuple[ReadingRecord, ...] = ()
    poisoned: Named[int] = {}
    cast: Named[Introduction] = {}
    benign: Named[Introduction] = {}
    samples: Named[tuple[Sample, ...]] = {}
    corpus: CorpusSummary = CorpusSummary()
    in_defender: tuple[Mapping[str, float], ...] = ()
    in_mix: tuple[Mapping[str, float], ...] = ()
    stages: Named[float] = {}
    environment: Mapping[str, JsonValue] = {}


class PartRecord(Part):
    """Which part of which run a folder holds: its `part.json`.

    Attributes:
        scenario: as in `SeedRecord`. kind: of results.
        part, of: 3 and 8 for the third of eight; a whole run is 1 of 1.
        cells: the seeds of every cell; a run without a grid is one cell with the scenario's name.
    """

    schema_version: int = SCHEMA_VERSION
    kind: Literal["run", "stress"] = "run"
    scenario: str = ""
    part: int = 1
    of: int = 1
    cells: Named[tuple[int, ...]] = {}
