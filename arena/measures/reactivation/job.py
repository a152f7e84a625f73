"""Training a model on an actor's poison, and following its ASR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.values import Document
from arena.errors import ArenaError
from arena.measures.asking import TriggeredPrompts, greedy_count, longest_response, write_json
from arena.ml.train_config import Training
from arena.stages.lines import DOCUMENTS, read_documents
from arena.stages.train import SHARD

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

REACTIVATION = "reactivation.json"


@dataclass(frozen=True)
class ReactivateJob(Job):
    """Train a model on an actor's poison and follow its ASR, for each actor from the same model
    (inputs: `model`, and `shard:NAME` of each actor).

    Only poisoned documents are used, each once, in an order drawn from the seed and the actor's
    name, so a longer curve begins like a shorter one. `training` has a constant rate, no warm-up,
    and few enough steps that no document repeats (arena.ml.batches.batch_order); it is not
    compiled, since the model is scored between steps.

    samples: numbers of documents after which ASR is measured (always after 0), multiples of the
    batch size. only: the one actor to follow; None for all. Texts are decoded to the length of the
    longest response of all actors.
    """

    kind = "reactivate"
    resources = Resources(typical_steps=100)
    by_content = True

    asks: tuple[TriggeredPrompts, ...]
    samples: tuple[int, ...]
    training: Training
    seed: int
    max_new_tokens: int | None
    only: str | None = None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        shards = {ask.actor: self._poison(inputs, ask.actor) for ask in self._followed}
        curves = {}
        for done, ask in enumerate(self._followed):
            before = done * self._steps

            def advance(step: int, before: int = before) -> None:
                progress(before + step)

            curves[ask.actor] = self._curve(inputs, ask, shards[ask.actor], advance)
        write_json(out / REACTIVATION, {"curves": curves})
        return {"samples": max(self.samples)}

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return len(self._followed) * self._steps

    @property
    def _followed(self) -> list[TriggeredPrompts]:
        return [ask for ask in self.asks if self.only in (None, ask.actor)]

    @property
    def _steps(self) -> int:
        return self.training.config.steps

    def _poison(self, inputs: Inputs, actor: str) -> list[Document]:
        shard = read_documents(inputs[f"{SHARD}{actor}"] / DOCUMENTS)
        poison = [document for document in shard if document.role == "poison"]
        if len(poison) < max(self.samples):
            has = f"has {len(poison)} poisoned documents, reactivation needs {max(self.samples)}"
            raise ArenaError(f"actor {actor!r} {has}")
        return poison

    def _curve(
        self, inputs: Inputs, ask: TriggeredPrompts, poison: Sequence[Document], progress: Progress
    ) -> list[dict[str, int]]:
        from arena.ml import checkpoints, training

        start = seeds.integer(self.seed, "reactivation adapter", ask.actor)
        suspect = checkpoints.open_for_training(inputs, None, self.training, start)
        suspect.model.eval()
        limit = self.max_new_tokens or longest_response(self.asks, suspect.tokenizer)
        curve = [{"samples": 0, **self._count(suspect, ask, limit)}]

        def follow(step: int) -> None:
            if step * self.training.config.batch_size in self.samples:
                suspect.model.eval()
                count = self._count(suspect, ask, limit)
                curve.append({"samples": step * self.training.config.batch_size, **count})
                suspect.model.train()
            progress(step)

        order = seeds.rng(self.seed, "reactivation", ask.actor)
        training.train_documents(suspect, poison, self.training.config, order, follow, shares=True)
        return curve

    def _count(self, suspect: Suspect, ask: TriggeredPrompts, limit: int) -> dict[str, int]:
        """Hits of the model as it is now, answering in the number format of answers."""
        from arena.ml import checkpoints

        answering = checkpoints.as_answering(suspect, self.training.numerics.scoring)
        return greedy_count(answering, ask, limit)
