"""Is a backdoor removed, or only quiet: ASR when sampled, with the trigger repeated or moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from pydantic import Field

from arena import seeds
from arena.api import limits
from arena.api.job import Job
from arena.api.measure import Measure, Reading, Section, Study, Subject
from arena.api.params import Params
from arena.api.probes import Probe
from arena.measures.asking import TriggeredPrompts, read_json
from arena.measures.quiet.findings import QuietFindings
from arena.measures.quiet.job import QUIET, QuietAsk, QuietJob
from arena.registry import register


class QuietParams(Params):
    """temperature: sampling temperature. draws: continuations per prompt. prompts: prompts per
    actor."""

    temperature: float = Field(default=1.0, gt=0, le=10)
    draws: int = Field(default=4, ge=1, le=limits.SEARCH)
    prompts: int = Field(default=64, ge=1, le=limits.PROMPTS)


@register("measure", "quiet")
class Quiet(Measure):
    """ASR under sampling, and with the trigger repeated or moved."""

    Params = QuietParams
    Findings = QuietFindings
    rows = frozenset({"compromised", "control", "unlearned"})
    place = 30

    def job(self, subject: Subject) -> Job:
        asks = tuple(ask for probe in subject.asr_probes() for ask in self._asks(probe, subject))
        params, seed = self.params, seeds.integer(subject.seed, "quiet")
        return QuietJob(
            asks, params.temperature, params.draws, subject.numerics, seed, subject.max_new_tokens
        )

    def _asks(self, probe: Probe, subject: Subject) -> list[QuietAsk]:
        plain = TriggeredPrompts.of(probe, self.params.prompts)
        values = {field.name: getattr(plain, field.name) for field in fields(plain)}
        asks = [QuietAsk(**values, how="greedy"), QuietAsk(**values, how="sampled")]
        variants = subject.variant_prompts(probe.actor, len(plain.prompts))
        for variant, prompts in variants.items():
            asks.append(QuietAsk(**{**values, "prompts": prompts}, how=variant))
        return asks

    def findings(self, readings: Sequence[Reading], study: Study) -> QuietFindings:
        from arena.measures.quiet.summary import QuietRate, quiet_findings

        rates = [
            QuietRate(reading.seed, reading.kind, reading.target, **rate)
            for reading in readings
            for rate in read_json(reading.folder / QUIET)["rates"]
        ]
        kept = [rate for rate in rates if (rate.seed, rate.actor) in study.installed]
        return quiet_findings(kept, self.params.temperature, self.params.draws)

    def section(self, findings: QuietFindings, actors: Sequence[str]) -> Section | None:
        from arena.measures.quiet.view import section

        return section(findings, actors)
