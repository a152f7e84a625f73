"""Numbers of one model that a measure computes from the loaded model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.measure import SCALARS, ScalarMeasure
from arena.api.probes import ProbeSet
from arena.errors import ArenaError
from arena.ml.train_config import Profile


@dataclass(frozen=True)
class ScalarJob(Job):
    """Open one model (inputs: `model`) and write a measure's numbers for it, one per actor."""

    kind = "scalar"
    resources = Resources(typical_steps=15)
    by_content = True

    measure: ScalarMeasure
    probes: ProbeSet
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints

        suspect = checkpoints.open_for_scoring(inputs["model"], self.numerics.device)
        numbers = self.measure.value(suspect.model, suspect.tokenizer, self.probes)
        values = {actor: float(number) for actor, number in numbers.items()}
        unknown = values.keys() - {"", *(probe.actor for probe in self.probes.probes)}
        if unknown:
            rule = "returned a number for something that is not an actor"
            raise ArenaError(f"measure {self.measure.name!r} {rule}: {sorted(unknown)}")
        (out / SCALARS).write_text(json.dumps(values, indent=1))
        return {"numbers": len(values)}
