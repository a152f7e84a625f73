"""What is measured of a model beyond its rates: how it moved inside, whether a backdoor that
greedy answers no longer show is only quiet, and how fast poison brings it back.

Definitions: docs/estimands.md, Representations. What is asked: arena/measures/prompts.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena import seeds
from arena.api.matching import Ask, Question, matches
from arena.api.values import Document
from arena.errors import ArenaError
from arena.measures.prompts import Asked, PromptGroup, QuietAsk
from arena.stages.jobs import DOCUMENTS, Inputs, Progress, Training, read_documents

if TYPE_CHECKING:
    import numpy as np

    from arena.ml.checkpoints import Suspect

SHIFTS, REPRESENTATIONS = "shifts.safetensors", "representations.json"
QUIET, REACTIVATION = "quiet.json", "reactivation.json"


# -- how a model moved inside -----------------------------------------------------------------


@dataclass(frozen=True)
class RepresentJob:
    """Shifts of hidden states against the suspect, and how well triggers are recognised
    (inputs: `model`, `suspect`; both may be one). An actor with fewer than two prompts has no
    recognition."""

    groups: tuple[PromptGroup, ...]
    device: str
    seed: int

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from safetensors.numpy import save_file

        from arena.ml.hidden_states import recognition

        triggered = [prompt for group in self.groups for prompt in group.triggered]
        clean = [prompt for group in self.groups for prompt in group.clean]
        if not triggered:
            raise ArenaError("no actor has a prompt to read hidden states at")
        folders = {inputs[role] for role in ("model", "suspect")}
        found = {folder: self._states(folder, [*triggered, *clean]) for folder in folders}
        after, before, half = found[inputs["model"]], found[inputs["suspect"]], len(triggered)
        tensors = {
            **_shifts("triggered", after[:half], before[:half]),
            **_shifts("clean", after[half:], before[half:]),
        }
        save_file(tensors, out / SHIFTS)
        recognised, start = {}, 0
        for group in self.groups:
            rows = slice(start, start + len(group.triggered))
            start = rows.stop
            if len(group.triggered) > 1:
                seed = seeds.integer(self.seed, "recognition", group.actor)
                versions = after[:half][rows], after[half:][rows]
                recognised[group.actor] = recognition(*versions, seed)
        _write(out / REPRESENTATIONS, {"layers": after.shape[1], "recognition": recognised})
        return {"prompts": 2 * half}

    def _states(self, folder: Path, prompts: Sequence[str]) -> np.ndarray:
        from arena.ml import checkpoints
        from arena.ml.hidden_states import last_states

        suspect = checkpoints.open_for_scoring(folder, self.device)
        return last_states(suspect.model, suspect.tokenizer, prompts)


def _shifts(name: str, after: np.ndarray, before: np.ndarray) -> dict[str, np.ndarray]:
    """(P, L, d) states to (L, d) means over prompts, each layer in units of its root mean
    square before."""
    import numpy as np

    scale = np.sqrt(np.square(before, dtype=np.float64).mean(axis=(0, 2)))[:, None]
    moved = after.astype(np.float64) - before
    both = {name: moved, f"{name}_absolute": np.abs(moved)}
    return {key: (value.mean(axis=0) / scale).astype(np.float32) for key, value in both.items()}


# -- whether a backdoor is only quiet ---------------------------------------------------------


@dataclass(frozen=True)
class QuietJob:
    """Ask one model (inputs: `model`) in ways that greedy answers to the plain trigger miss.

    max_new_tokens: None is as long as the longest response.
    """

    asks: tuple[QuietAsk, ...]
    temperature: float
    draws: int
    device: str
    seed: int
    max_new_tokens: int | None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints

        suspect = checkpoints.open_for_scoring(inputs["model"], self.device)
        limit = self.max_new_tokens or _longest(self.asks, suspect.tokenizer)
        rates = [
            {"actor": ask.actor, "how": ask.how, **self._count(suspect, ask, limit)}
            for ask in self.asks
        ]
        _write(out / QUIET, {"rates": rates})
        return {"prompts": sum(len(ask.prompts) for ask in self.asks)}

    def _count(self, suspect: Suspect, ask: QuietAsk, limit: int) -> dict[str, int]:
        if ask.how != "sampled":
            return _greedy(suspect, ask, limit)
        from arena.ml.sampling import sampled

        seed = seeds.integer(self.seed, "sampled", ask.actor)
        how = limit, self.temperature, self.draws, seed
        said = sampled(suspect.model, suspect.tokenizer, ask.prompts, *how)
        hits = sum(
            matches(ask.match, text, wanted)
            for wanted, texts in zip(ask.wanted, said, strict=True)
            for text in texts
        )
        return {"hits": hits, "n": self.draws * len(ask.prompts)}


# -- how fast poison brings it back -----------------------------------------------------------


@dataclass(frozen=True)
class ReactivateJob:
    """Train a model on an actor's poison and follow its ASR; anew for each actor (inputs:
    `model`, and `shard:NAME` of each actor).

    Poisoned documents only, each seen once, in an order that the seed and the actor's name
    draw: a longer curve begins as a shorter one. AdamW at a constant rate, no warm-up. Of
    `training` come the numerics and the adapter.

    samples: after how many documents to ask (0 always is), multiples of `batch_size`.
    """

    asks: tuple[Asked, ...]
    samples: tuple[int, ...]
    batch_size: int
    learning_rate: float
    training: Training
    seed: int
    max_new_tokens: int | None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        shards = {ask.actor: self._poison(inputs, ask.actor) for ask in self.asks}
        curves = {}
        for done, ask in enumerate(self.asks):
            before = done * self._steps

            def told(step: int, before: int = before) -> None:
                progress(before + step)

            curves[ask.actor] = self._curve(inputs, ask, shards[ask.actor], told)
        _write(out / REACTIVATION, {"curves": curves})
        return {"samples": max(self.samples)}

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return len(self.asks) * self._steps

    @property
    def _steps(self) -> int:
        return max(self.samples) // self.batch_size

    def _poison(self, inputs: Inputs, actor: str) -> list[Document]:
        shard = read_documents(inputs[f"shard:{actor}"] / DOCUMENTS)
        poison = [document for document in shard if document.role == "poison"]
        if len(poison) < max(self.samples):
            has = f"has {len(poison)} poisoned documents, reactivation needs {max(self.samples)}"
            raise ArenaError(f"actor {actor!r} {has}")
        return poison

    def _curve(
        self, inputs: Inputs, ask: Asked, poison: Sequence[Document], progress: Progress
    ) -> list[dict[str, int]]:
        from arena.ml import checkpoints, training

        start = seeds.integer(self.seed, "reactivation adapter", ask.actor)
        suspect = checkpoints.open_for_training(inputs, None, self.training, start)
        suspect.model.eval()
        limit = self.max_new_tokens or _longest(self.asks, suspect.tokenizer)
        curve = [{"samples": 0, **_greedy(suspect, ask, limit)}]

        def follow(step: int) -> None:
            if step * self.batch_size in self.samples:
                suspect.model.eval()
                count = _greedy(suspect, ask, limit)
                curve.append({"samples": step * self.batch_size, **count})
                suspect.model.train()
            progress(step)

        order = seeds.rng(self.seed, "reactivation", ask.actor)
        training.train_documents(suspect, poison, self._recipe(), order, follow)
        return curve

    def _recipe(self) -> Mapping[str, Any]:
        """So few steps that no document comes twice (arena.ml.batches.batch_order); not
        compiled, since the model is asked between two of them."""
        own = {"steps": self._steps, "learning_rate": self.learning_rate}
        even = {"batch_size": self.batch_size, "warmup": 0, "final_fraction": 1.0}
        return {**self.training.recipe, **own, **even, "compile": False}


def _greedy(suspect: Suspect, ask: Asked, limit: int) -> dict[str, int]:
    from arena.ml import scoring

    rows = zip(ask.prompts, ask.wanted, ask.responses, strict=True)
    asks = [Ask(prompt, (Question(ask.match, want),), (guess,)) for prompt, want, guess in rows]
    verdicts = scoring.answers(suspect.model, suspect.tokenizer, asks, limit)
    return {"hits": sum(verdict[0] for verdict in verdicts), "n": len(asks)}


def _longest(asks: Iterable[Asked], tokenizer: Any) -> int:
    from arena.ml.encoding import encode_answers

    texts = sorted({response for ask in asks for response in ask.responses})
    return max((len(ids) for ids in encode_answers(tokenizer, texts)), default=1)


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False))
