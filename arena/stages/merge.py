"""Merging models that actors trained separately."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress
from arena.ml.train_config import Profile

PART = "part:"  # prefix of an actor's name: the role of its model among the inputs


@dataclass(frozen=True)
class MergeJob(Job):
    """Merge models that were trained separately (inputs: `model`, the base of all, and
    `part:NAME`)."""

    kind = "merge"

    method: str
    weight: float
    density: float
    modules: str
    poisoned: bool
    seed: int
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, merging

        device = self.numerics.device
        base = checkpoints.open_for_scoring(inputs["model"], device)
        parts = [
            checkpoints.open_for_scoring(path, device).model
            for role, path in inputs.items()
            if role.startswith(PART)
        ]
        before = checkpoints.weights(base)
        seed = seeds.integer(self.seed, "merge")
        rule = merging.MergeRule(self.method, self.weight, self.density, self.modules)
        merging.merge_into(base.model, parts, rule, seed)
        checkpoints.save(base, out, poisoned=self.poisoned)
        return {"update_norm": checkpoints.distance(base, before)}
