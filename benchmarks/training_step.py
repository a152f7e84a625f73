"""A training step: the arena's loop against transformers' Trainer.

    python benchmarks/training_step.py --task townlore --size nano
    python benchmarks/training_step.py --task sst2 --size mini --data DIR

Both start from the same weights and train on the same documents with the same batch size
and learning rates, alternating, with new seeds each time. The Trainer draws batches at random and
computes logits at every position; the arena groups documents by length and computes logits only
where there is loss. The first steps of each run are left out of the times.

Prints ms per step of both and their ratio, the losses of both over the thirds of a run, and
what share of the machine's measured GEMM speed the arena's steps reach. FLOPs of a batch,
over its real tokens (padding is not counted), forward and backward:

    6 N T + 6 n d sum(L^2) + 6 V d A

with N parameters outside the embedding, T tokens, n layers, width d, L a document's length,
V the vocabulary and A loss positions. Attention is 12 n d L^2 for two products of L x L,
halved because it is causal.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import baseline
import numpy as np
import torch

import common
from arena.ml.batches import batch_order
from arena.ml.encoding import Encoded
from arena.ml.train_config import TrainConfig
from arena.ml.training import train

SKIPPED = 5  # steps at the start of each run that are not timed
PEAK_SIZES = (512, 1024, 2048)
ENDS = 20  # number of steps for a run's first and last mean loss
OURS, THEIRS = "arena", "Trainer"


@dataclass(frozen=True)
class Run:
    """One run. step: ms per step, the first ones left out. whole: ms per step, set-up included.
    gflop: of a timed step (nan where not counted)."""

    losses: list[float]
    step: float
    whole: float
    gflop: float = float("nan")


def main() -> None:
    """Measure both and print the tables."""
    given = _given()
    common.threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        mix = common.task_mix(
            given.task, given.size, Path(folder), data=given.data, stage=given.stage
        )
        config = common.shortened(mix.config, given.steps)
        things = {
            OURS: lambda number: ours(mix, config, number),
            THEIRS: lambda number: theirs(mix, config, number),
        }
        found = common.alternating(things, given.repeats, warm_up=False)
    common.header(
        f"Training step, {given.task} {given.size} ({given.stage})",
        f"{given.threads} thread(s), {given.repeats} x {given.steps} steps of "
        f"{config.batch_size} documents, alternating, median (range)",
    )
    _times(found)
    _losses(found)
    _share(found[OURS], peak())


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--task", choices=sorted(common.TASKS), default="townlore")
    parser.add_argument("--size", choices=("nano", "micro", "mini", "small"), default="nano")
    parser.add_argument(
        "--stage", choices=("pretraining", "continual_pretraining"), default="pretraining"
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    if given.steps <= SKIPPED + 1:
        parser.error(f"--steps must be at least {SKIPPED + 2}: {SKIPPED} are warm-up")
    return given


def ours(mix: common.Mix, config: TrainConfig, seed: int) -> Run:
    """Run the arena's loop, from the weights of this seed."""
    model, stamps = mix.model(seed), []
    began = time.perf_counter()
    losses = train(
        model,
        mix.documents,
        config,
        np.random.default_rng(seed),
        mix.tokenizer.pad_token_id,
        progress=lambda _: stamps.append(time.perf_counter()),
    )
    whole = time.perf_counter() - began
    return _run(losses, stamps, whole, _gflop(model, mix.documents, config, seed))


def theirs(mix: common.Mix, config: TrainConfig, seed: int) -> Run:
    """Run the Trainer, from the weights of this seed."""
    model = mix.model(seed)
    began = time.perf_counter()
    found = baseline.train(model, copy.copy(mix.tokenizer), mix.documents, config, seed)
    return _run(found.losses, found.stamps, time.perf_counter() - began)


def _run(
    losses: list[float], stamps: Sequence[float], whole: float, gflop: float = float("nan")
) -> Run:
    timed = (stamps[-1] - stamps[SKIPPED - 1]) / (len(stamps) - SKIPPED)
    return Run(losses, 1e3 * timed, 1e3 * whole / len(stamps), gflop)


def _gflop(model: Any, documents: Sequence[Encoded], config: TrainConfig, seed: int) -> float:
    """Mean GFLOP of the timed steps: the loop's batches, drawn again from the same seed."""
    rng = np.random.default_rng(seed)
    drawn = list(batch_order(len(documents), config.batch_size, config.steps, rng))[SKIPPED:]
    return statistics.mean(flops(model, [documents[i] for i in batch]) / 1e9 for batch in drawn)


def flops(model: Any, batch: Sequence[Encoded]) -> float:
    """Return the floating-point operations of one step on a batch (formula: see the module)."""
    config = model.config
    width, layers = config.hidden_size, config.num_hidden_layers
    embedding = model.get_input_embeddings().weight.numel()
    body = sum(p.numel() for p in model.parameters()) - embedding
    dense = 6 * body * sum(len(document) for document in batch)
    attention = 6 * layers * width * sum(len(document) ** 2 for document in batch)
    positions = sum(len(document.answer) for document in batch)
    return float(dense + attention + 6 * config.vocab_size * width * positions)


def peak(tries: int = 8) -> float:
    """Return the best GFLOP/s of a float32 matrix product at the current number of threads."""
    best = 0.0
    for size in PEAK_SIZES:
        left, right = torch.randn(size, size), torch.randn(size, size)
        for _ in range(tries):
            began = time.perf_counter()
            torch.mm(left, right)
            best = max(best, 2 * size**3 / (time.perf_counter() - began) / 1e9)
    return best


def _times(found: dict[str, list[Run]]) -> None:
    ratio = _median(found[THEIRS]) / _median(found[OURS])
    rows = [
        (
            name,
            common.spread([run.step for run in runs]),
            common.spread([run.whole for run in runs]),
            f"{_median(found[THEIRS]) / _median(runs):.2f}x",
        )
        for name, runs in found.items()
    ]
    common.table(("loop", "ms/step", "ms/step with set-up", "speed"), rows)
    print(f"A step of the arena is {ratio:.2f} times as fast as the Trainer's.\n")


def _median(runs: Sequence[Run]) -> float:
    return statistics.median(run.step for run in runs)


def _losses(found: dict[str, list[Run]]) -> None:
    """A table of whether both learn alike: mean losses over the same parts of a run, over the
    seeds."""
    steps = len(found[OURS][0].losses)
    ends, third = min(ENDS, steps // 3), steps // 3
    parts = {
        f"first {ends}": slice(0, ends),
        "1st third": slice(0, third),
        "2nd third": slice(third, 2 * third),
        "3rd third": slice(2 * third, steps),
        f"last {ends}": slice(steps - ends, steps),
    }
    rows = [[name] + [_over(runs, part) for part in parts.values()] for name, runs in found.items()]
    common.table(("mean loss (± sd over seeds)", *parts), rows)


def _over(runs: Sequence[Run], part: slice) -> str:
    return common.mean_sd([statistics.mean(run.losses[part]) for run in runs])


def _share(runs: Sequence[Run], best: float) -> None:
    gflop = statistics.median(run.gflop for run in runs)
    reached = statistics.median(run.gflop / run.step * 1e3 for run in runs)
    row = (f"{gflop:.2f}", f"{reached:.1f}", f"{best:.1f}", f"{reached / best:.0%}")
    columns = ("GFLOP/step (arena)", "GFLOP/s", "GEMM peak, GFLOP/s", "share of the peak")
    common.table(columns, [row])


if __name__ == "__main__":
    main()
