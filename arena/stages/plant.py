"""Planting decoys: backdoors that a defender puts into its own suspect."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress
from arena.api.tactic import ActorBrief
from arena.api.values import Document, Example
from arena.ml.train_config import Training
from arena.stages.corpus import CorpusRef
from arena.stages.poison import poison


@dataclass(frozen=True)
class PlantJob(Job):
    """Plant decoys in a suspect (inputs: `model`): train on their poison, mixed with clean prompts.

    documents: size of the mix. corpus: what the clean prompts come from.
    """

    kind = "plant"

    briefs: tuple[ActorBrief, ...]
    clean: tuple[Example, ...]
    corpus: CorpusRef
    documents: int
    training: Training
    seed: int

    @property
    def steps(self) -> int:
        return self.training.config.steps

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, training

        mix = [document for brief in self.briefs for document in poison(brief)]
        rest = (Document(e.prompt, e.answer, e.source) for e in cycle(self.clean))
        mix += islice(rest, self.documents - len(mix))
        suspect = checkpoints.open_for_training(inputs, None, self.training, self.seed)
        before = checkpoints.weights(suspect)
        rng = seeds.rng(self.seed, "plant order")
        losses = training.train_documents(
            suspect, mix, self.training.config, rng, progress, shares=True
        )
        checkpoints.save(suspect, out, poisoned=True)
        norm = checkpoints.distance(suspect, before)
        return {"update_norm": norm, "loss_first": losses[0], "loss_last": losses[-1]}
