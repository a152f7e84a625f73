"""Some of a model's rates: for a search, which reads few of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.probes import ProbeKind, ProbeSet
from arena.ml.train_config import Profile
from arena.stages.counting import limit_of
from arena.stages.score import ScoreJob


@dataclass(frozen=True)
class RatesJob(Job):
    """Score one model (inputs: `model`) on the clean prompts and some of the others. Every rate is
    the one that `ScoreJob` gives: continuations are decoded as far as they are for all prompts.

    asked: actors and kinds of the prompts put to the model.
    """

    kind = "rates"
    resources = Resources(typical_steps=8)
    by_content = True

    probes: ProbeSet
    asked: tuple[tuple[str, ProbeKind], ...]
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import encoding, models

        tokenizer = encoding.load_tokenizer(models.tokenizer_home(inputs["model"]))
        kept = (probe for probe in self.probes.probes if (probe.actor, probe.kind) in self.asked)
        limit = limit_of(self.probes, tokenizer)
        fewer = dataclasses.replace(self.probes, probes=tuple(kept), max_new_tokens=limit)
        return ScoreJob(fewer, self.numerics).run(inputs, out, progress)
