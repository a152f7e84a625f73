"""Activation shifts (CASD) against transfer, and recognition of triggers by a linear probe."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from arena import seeds
from arena.api import limits
from arena.api.job import Job
from arena.api.measure import Measure, MeasureFindings, Reading, Section, Study, Subject
from arena.api.params import Params
from arena.measures.asking import read_json
from arena.measures.representations.findings import RepresentationsFindings
from arena.measures.representations.job import (
    REPRESENTATIONS,
    SHIFTS,
    PromptGroup,
    RepresentJob,
)
from arena.registry import register

if TYPE_CHECKING:
    from arena.measures.representations.summary import Recognition, Shifts


class RepresentationsParams(Params):
    """prompts: prompts per actor."""

    prompts: int = Field(default=64, ge=1, le=limits.PROMPTS)


@register("measure", "representations")
class Representations(Measure):
    """Activation shifts (CASD) and recognition of triggers inside the models."""

    Params = RepresentationsParams
    Findings = RepresentationsFindings
    rows = frozenset({"reference", "compromised", "control", "unlearned"})
    against_transfer = True
    needs = frozenset({"suspect"})
    place = 10

    def job(self, subject: Subject) -> Job:
        plain = {p.actor: p for p in subject.probes.probes if p.kind == "false_fire"}
        limit = self.params.prompts
        groups = tuple(
            PromptGroup(p.actor, p.prompts[:limit], plain[p.actor].prompts[:limit])
            for p in subject.asr_probes()
        )
        version = importlib.metadata.version("scikit-learn")
        seed = seeds.integer(subject.seed, "represent")
        return RepresentJob(groups, subject.numerics, version, seed)

    def findings(self, readings: Sequence[Reading], study: Study) -> RepresentationsFindings:
        from arena.measures.representations.summary import representations_findings

        shifts = [s for s in _shifts(readings) if (s.seed, s.target) in study.installed]
        known = [r for r in _recognition(readings) if (r.seed, r.actor) in study.installed]
        return representations_findings(shifts, known, study.transfers)

    def grid_findings(self, cells: Mapping[str, MeasureFindings]) -> RepresentationsFindings | None:
        from arena.measures.representations.summary import findings_over_cells

        points = [
            point.model_copy(update={"cell": cell})
            for cell, findings in cells.items()
            if isinstance(findings, RepresentationsFindings)
            for point in findings.points
        ]
        return findings_over_cells(points) if points else None

    def section(self, findings: RepresentationsFindings, actors: Sequence[str]) -> Section | None:
        from arena.measures.representations.view import section

        return section(findings, actors)

    def grid_section(
        self, findings: RepresentationsFindings, actors: Sequence[str]
    ) -> Section | None:
        from arena.measures.representations.view import grid_section

        return grid_section(findings, actors)


def _shifts(readings: Sequence[Reading]) -> Iterator[Shifts]:
    from safetensors.numpy import load_file

    from arena.measures.representations.summary import Shifts

    for reading in readings:
        if reading.kind == "unlearned" and reading.target is not None:
            yield Shifts(reading.seed, reading.target, **load_file(reading.folder / SHIFTS))


def _recognition(readings: Sequence[Reading]) -> Iterator[Recognition]:
    from arena.measures.representations.summary import Recognition

    for reading in readings:
        content = read_json(reading.folder / REPRESENTATIONS)
        for actor, layers in content["recognition"].items():
            yield Recognition(reading.seed, reading.kind, reading.target, actor, tuple(layers))
