"""The model at one dose of a removal: one of the checkpoints that its run kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.errors import ArenaError
from arena.stages.along import (
    Chosen,
    DoseRule,
    Which,
    checkpoint_of,
    harmless,
    least,
    most,
    read_curve,
)
from arena.store.files import link_or_copy


@dataclass(frozen=True)
class DoseJob(Job):
    """Take the checkpoint at `least`, `most` or `harmless` from a run (inputs: `run`).

    `least` is read off the curve of the removal of `own`'s trigger (an input `removal`), `most` off
    that of the clean fine-tune (an input `control`): control and shams are taken at the dose of the
    removal that they belong to. `harmless` is read off the run's own curve.
    """

    kind = "dose"
    resources = Resources(model=False, typical_steps=1)

    which: Which
    own: str | None
    rule: DoseRule

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        chosen = self._chosen(inputs)
        curve = read_curve(inputs["run"])
        point = next((each for each in curve if each.step == chosen.step), None)
        folder = checkpoint_of(inputs["run"], chosen.step)
        if point is None or not folder.is_dir():
            raise ArenaError(f"the run kept no checkpoint after step {chosen.step}")
        for file in sorted(folder.iterdir()):
            link_or_copy(file, out / file.name)  # a link takes no further space
        return {
            "dose": point.dose,
            "step": point.step,
            "reached": chosen.reached,
            "update_norm": point.norm,
        }

    def _chosen(self, inputs: Inputs) -> Chosen:
        if self.which == "harmless":
            return harmless(read_curve(inputs["run"]), self.rule)
        if self.which == "most":
            return most(read_curve(inputs["control"]), self.rule)
        assert self.own is not None
        return least(read_curve(inputs["removal"]), self.own, self.rule)
