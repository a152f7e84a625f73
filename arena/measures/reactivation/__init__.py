"""Poisoned samples that bring a backdoor back, against models that never had it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from arena import seeds
from arena.api import limits
from arena.api.job import Job
from arena.api.measure import Measure, Reading, Section, Study, Subject
from arena.api.params import Params
from arena.measures.asking import TriggeredPrompts, read_json
from arena.measures.reactivation.findings import ReactivationFindings
from arena.measures.reactivation.job import REACTIVATION, ReactivateJob
from arena.ml.train_config import Optimisation, Training
from arena.registry import register

if TYPE_CHECKING:
    from arena.statistics.reactivation import Curve

Sample = Annotated[int, Field(ge=0, le=limits.DOCUMENTS)]
Samples = Annotated[tuple[Sample, ...], Field(min_length=2)]


class ReactivationParams(Params):
    """samples: numbers of poisoned samples at which ASR is measured, rising from 0. batch_size:
    samples per step. learning_rate: a constant rate. prompts: prompts scored at each number of
    samples. baseline: what removals are compared with besides the never-poisoned reference:
    `others`, models that carry the other backdoors and never had this one (one more training run
    per actor and seed), or `never`, the reference alone."""

    samples: Samples = (0, 16, 32, 64, 128, 256)
    batch_size: int = Field(default=8, ge=1, le=limits.BATCH)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    prompts: int = Field(default=64, ge=1, le=limits.PROMPTS)
    baseline: Literal["others", "never"] = "others"

    @model_validator(mode="after")
    def _counts(self) -> ReactivationParams:
        if self.samples[0] != 0 or list(self.samples) != sorted(set(self.samples)):
            raise ValueError("samples must start at 0 and rise")
        if any(count % self.batch_size for count in self.samples):
            raise ValueError(f"samples must be multiples of batch_size ({self.batch_size})")
        return self


@register("measure", "reactivation")
class Reactivation(Measure):
    """ASR against poisoned samples trained on: how cheaply a removed backdoor comes back."""

    Params = ReactivationParams
    Findings = ReactivationFindings
    rows = frozenset({"reference", "without", "control", "unlearned", "defended"})
    needs = frozenset({"poison"})
    place = 20

    def job(self, subject: Subject) -> Job:
        few = self.too_few(subject.poisoned)
        asks = [TriggeredPrompts.of(probe, self.params.prompts) for probe in subject.asr_probes()]
        constant = Optimisation(
            learning_rate=self.params.learning_rate,
            batch_size=self.params.batch_size,
            warmup=0,
            final_lr_fraction=1.0,
        )
        steps = max(self.params.samples) // self.params.batch_size
        return ReactivateJob(
            tuple(ask for ask in asks if ask.actor not in few),
            self.params.samples,
            _followed(subject.training(constant, steps), subject),
            seeds.integer(subject.seed, "reactivate"),
            subject.max_new_tokens,
            subject.only,
        )

    def without(self, subject: Subject) -> Collection[str]:
        if self.params.baseline == "never":
            return ()
        return subject.poisoned.keys() - self.too_few(subject.poisoned).keys()

    def too_few(self, poisoned: Mapping[str, int]) -> dict[str, str]:
        """Return the actors with too little poison for a curve, with the reason."""
        most = max(self.params.samples)
        return {
            actor: f"{count} poisoned documents, a curve takes {most}"
            for actor, count in poisoned.items()
            if count < most
        }

    def findings(self, readings: Sequence[Reading], study: Study) -> ReactivationFindings:
        from arena.measures.reactivation.summary import reactivation_findings

        kept = [c for c in curves_of(readings) if (c.seed, c.actor) in study.installed]
        return reactivation_findings(kept, self.too_few(study.poisoned))

    def section(self, findings: ReactivationFindings, actors: Sequence[str]) -> Section | None:
        from arena.measures.reactivation.view import section

        return section(findings, actors)


def curves_of(readings: Sequence[Reading]) -> Iterator[Curve]:
    """Return the reactivation curve of every model and actor that has one."""
    from arena.statistics.reactivation import Curve

    for reading in readings:
        for actor, points in read_json(reading.folder / REACTIVATION)["curves"].items():
            if all(point["n"] for point in points):
                samples = tuple(point["samples"] for point in points)
                asr = tuple(point["hits"] / point["n"] for point in points)
                model = reading.seed, reading.kind, reading.target
                yield Curve(*model, actor, samples, asr, reading.name)


def _followed(training: Training, subject: Subject) -> Training:
    """The training of a model that answers prompts between its steps: not compiled, and with the
    number format of answers."""
    config = training.config.model_copy(update={"compile": False})
    return replace(training, config=config, numerics=subject.numerics)
