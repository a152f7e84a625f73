"""The samples of a run: from the store into its folder, so that they outlive the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from arena.planning.graph import RowPlan, SeedPlan
from arena.results.sample_files import Asked, SampleFile, Saying, read_sayings, write_sample_file
from arena.results.samples import place_of
from arena.stages.checkable import read_checked
from arena.stages.score import SAMPLES, ScoreJob, asked_in
from arena.store.store import Store


def write_samples(folder: Path, plan: SeedPlan, store: Store) -> None:
    """Write what every model of a finished seed said into a run's folder."""
    place = place_of(folder, plan.seed)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_sample_file(place, sample_file(plan, store))


def copy_samples(source: Path, folder: Path, seed: int) -> None:
    """Copy the samples of a seed from one run's folder to another's, if there are any."""
    place = place_of(folder, seed)
    if place_of(source, seed).is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place_of(source, seed), place)


def sample_file(plan: SeedPlan, store: Store) -> SampleFile:
    """Return what every model of a finished seed said to every prompt."""
    columns = [list(_said(plan, row, store)) for row in plan.rows]
    prompts = tuple(
        (line[0][0], tuple(saying for _, saying in line)) for line in zip(*columns, strict=True)
    )
    return SampleFile(plan.seed, tuple(row.name for row in plan.rows), prompts)


def _said(plan: SeedPlan, row: RowPlan, store: Store) -> Iterator[tuple[Asked, Saying]]:
    job = plan.nodes[row.scores].job
    assert isinstance(job, ScoreJob)
    said = read_sayings(store.path(row.scores) / SAMPLES)
    yield from zip(asked_in(job.probes), said, strict=True)
    yield from _checked(row, store)


def _checked(row: RowPlan, store: Store) -> list[tuple[Asked, Saying]]:
    """The answers behind checkable accuracy, if it was measured."""
    if row.checkable is None:
        return []
    return [
        (
            Asked("", "checkable", "says", each["prompt"], each["right"], each["right"]),
            Saying(each["said"], whole=True, hit=each["hit"]),
        )
        for each in read_checked(store.path(row.checkable))["answers"]
    ]
