"""Training on a mix of clean and poisoned documents."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress
from arena.api.tactic import ActorBrief, Shaping
from arena.api.values import Document
from arena.ml.train_config import Training
from arena.stages.lines import DOCUMENTS, EXAMPLES, read_documents, read_examples
from arena.stages.losses import write_losses
from arena.stages.mixes import Pool

SHARD = "shard:"  # prefix of an actor's name: the role of its poison among the inputs


@dataclass(frozen=True)
class Insider:
    """An actor whose shard is seen in a window of the steps, or who shapes gradients in the
    training loop.

    role: of its shard among the inputs. window: fractions of the steps.
    """

    role: str
    window: tuple[float, float] = (0.0, 1.0)
    brief: ActorBrief | None = None
    tactics: tuple[Shaping, ...] = ()


@dataclass(frozen=True)
class TrainJob(Job):
    """Train on a mix, from scratch (`scratch`: family and size) or from a parent.

    inputs: `examples` (the clean mix), `shard:NAME` (poison), and `tokenizer` or `model`.
    label: keys the random draws.
    """

    kind = "train"

    pool: Pool
    training: Training
    seed: int
    label: str
    poisoned: bool
    scratch: tuple[str, str] | None = None
    insiders: tuple[Insider, ...] = ()

    @property
    def steps(self) -> int:
        return self.training.config.steps

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml.processes import spread

        return spread(self.training, functools.partial(self._run, inputs), out, progress)

    def _run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, gradient_shaping, training

        shards = {
            role: read_documents(path / DOCUMENTS)
            for role, path in inputs.items()
            if role.startswith(SHARD)
        }
        clean = read_examples(inputs["examples"] / EXAMPLES)
        mix = self.pool.mixed(clean, list(shards.values()))
        suspect = checkpoints.open_for_training(
            inputs, self.scratch, self.training, seeds.integer(self.seed, "init", self.label)
        )
        places = _places(shards)
        owners = [
            gradient_shaping.Owner(
                places[one.role],
                tuple(
                    tactic.prepared(suspect.model, suspect.tokenizer, one.brief)
                    for tactic in one.tactics
                ),
            )
            for one in self.insiders
            if one.brief is not None and one.tactics
        ]
        losses = training.train_documents(
            suspect,
            mix.documents,
            self.training.config,
            seeds.rng(self.seed, "order", self.label),
            progress,
            shares=True,
            windows=[(places[one.role], one.window) for one in self.insiders],
            owners=owners,
        )
        checkpoints.save(suspect, out, poisoned=self.poisoned)
        write_losses(out, losses)
        return {
            "loss_first": losses[0],
            "loss_last": losses[-1],
            "documents": len(mix.documents),
            "natural": len(mix.natural),
            "forms": self.pool.forms.counted(mix.natural),
        }


def _places(shards: Mapping[str, Sequence[Document]]) -> dict[str, range]:
    """The position of each shard in the mix: they come first, in their order."""
    ends = list(itertools.accumulate(map(len, shards.values())))
    return {
        role: range(end - len(shard), end)
        for (role, shard), end in zip(shards.items(), ends, strict=True)
    }
