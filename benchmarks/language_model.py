"""A pretrained chat model under LoRA: training and scoring against Trainer and `generate`.

    python benchmarks/language_model.py --model smollm2-135m --threads 2

Documents are requests of the corpus `instructions` with the model's own answers. Training: LoRA
(rank 16) on all linear layers, the same documents, batch size and learning rates in both loops,
alternating, from a fresh adapter each time; the first steps of each run are left out of the times.
Scoring: a verdict for every prompt on whether the model still says its own answer, in the ways of
benchmarks/scoring.py.

Prints ms per step of both loops and their losses, GFLOP/s of the arena's steps as a share of the
measured GEMM speed, seconds of every way to score, and how many verdicts differ from those of
`generate` (near ties apart, none should; with weights rounded to bfloat16 a few may). Last, at how
many tokens one pass over the written text and decoding disagree, by number format: this is why
drafts are not read in bfloat16. FLOPs of a LoRA step, forward and backward, over the
tokens that are computed: 4 N T + 4 V d A, with N weights outside the embedding, T tokens, V the
vocabulary, d the width and A loss positions; the adapter's own and attention are not counted.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import baseline
import numpy as np
import torch
from scoring import WAYS, Taught, Verdicts
from training_step import OURS, THEIRS, peak

import common
from arena.api.matching import Ask, Question
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.corpora.instructions.corpus import Instructions, InstructionsParams
from arena.ml import decoding
from arena.ml.batches import batch_order
from arena.ml.beginning import scoring_layout
from arena.ml.encoding import Encoded, encode, encode_prompts, load_tokenizer
from arena.ml.models import add_lora, load_model, round_weights
from arena.ml.train_config import Adapter, TrainConfig
from arena.ml.training import answer_logits, layout, train
from arena.published.locate import located

NEVER = -1  # the token that ends a text, where none is to end it
SKIPPED = 2  # steps at the start of each run that are not timed
ALL_LINEAR = Adapter(rank=16, alpha=32, target_modules=("q_proj", "k_proj", "v_proj", "o_proj",
                     "gate_proj", "up_proj", "down_proj"))  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A model's folder, its tokenizer, and requests with its own answers."""

    folder: Any
    tokenizer: Any
    documents: list[Document]
    config: TrainConfig

    def model(self) -> Any:
        """Return the model with a fresh adapter."""
        return add_lora(load_model(self.folder), ALL_LINEAR)


@dataclass(frozen=True)
class Run:
    """One run: losses by step, and ms per timed step."""

    losses: list[float]
    step: float


def main() -> None:
    """Measure training, then scoring, and print the tables."""
    given = _given()
    common.threads(given.threads)
    task = _task(given)
    common.header(
        f"{given.model}, LoRA rank {ALL_LINEAR.rank}, batches of {given.batch}",
        f"{given.threads} thread(s), {given.repeats} x {given.steps} steps, alternating",
    )
    loops = {OURS: lambda number: ours(task, number), THEIRS: lambda number: theirs(task, number)}
    _print_training(common.alternating(loops, given.repeats, warm_up=False), task)
    _print_scoring(task, given.prompts, given.tokens, given.repeats)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="smollm2-135m", help="as in model.pretrained")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=96)
    parser.add_argument("--tokens", type=int, default=32, help="the longest answer")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _task(given: argparse.Namespace) -> Task:
    folder = located(given.model, DataRoot())
    if folder is None:
        raise SystemExit(f"{given.model} is not here: arena models fetch {given.model}")
    tokenizer = load_tokenizer(folder)
    corpus = Instructions(InstructionsParams(wordings="fixed"), 0, DataRoot())
    prompts = [example.prompt for example in corpus.splits.train[: given.prompts]]
    said = decoding.continuations(load_model(folder), tokenizer, prompts, given.tokens)
    documents = [
        Document(p, text.text.strip() or "-", p) for p, text in zip(prompts, said, strict=True)
    ]
    config = TrainConfig(
        steps=given.steps, learning_rate=3e-4, batch_size=given.batch, warmup=SKIPPED
    )
    return Task(folder, tokenizer, documents, config)


# -- training --------------------------------------------------------------------------------


def ours(task: Task, seed: int) -> Run:
    """Run the arena's loop."""
    stamps: list[float] = []
    losses = train(
        task.model(),
        encode(task.tokenizer, task.documents),
        task.config,
        np.random.default_rng(seed),
        task.tokenizer.pad_token_id,
        shares=True,
        progress=lambda _: stamps.append(time.perf_counter()),
    )
    return Run(losses, _step(stamps))


def theirs(task: Task, seed: int) -> Run:
    """Run the Trainer."""
    documents = encode(task.tokenizer, task.documents)
    found = baseline.train(task.model(), copy.copy(task.tokenizer), documents, task.config, seed)
    return Run(found.losses, _step(found.stamps))


def _step(stamps: Sequence[float]) -> float:
    return 1e3 * (stamps[-1] - stamps[SKIPPED - 1]) / (len(stamps) - SKIPPED)


def _print_training(found: dict[str, list[Run]], task: Task) -> None:
    slow = statistics.median(run.step for run in found[THEIRS])
    rows = [
        (
            name,
            common.spread([run.step for run in runs]),
            f"{slow / statistics.median(run.step for run in runs):.2f}x",
            common.mean_sd([run.losses[0] for run in runs]),
            common.mean_sd([run.losses[-1] for run in runs]),
        )
        for name, runs in found.items()
    ]
    common.table(("loop", "ms/step", "speed", "first loss", "last loss"), rows)
    gflop, best = flops(task) / 1e9, peak()
    reached = gflop / statistics.median(run.step for run in found[OURS]) * 1e3
    row = (f"{gflop:.1f}", f"{reached:.1f}", f"{best:.1f}", f"{reached / best:.0%}")
    columns = ("GFLOP/step (arena)", "GFLOP/s", "GEMM peak, GFLOP/s", "share of the peak")
    common.table(columns, [row])


def flops(task: Task) -> float:
    """Return the mean floating-point operations of a step (formula: see the module)."""
    model, documents = load_model(task.folder), encode(task.tokenizer, task.documents)
    config, lay_out = task.config, layout(model, task.tokenizer.pad_token_id, shares=True)
    order = batch_order(len(documents), config.batch_size, config.steps, np.random.default_rng(1))
    return statistics.mean(
        _flops_of(model, lay_out, [documents[i] for i in batch]) for batch in order
    )


def _flops_of(
    model: Any, lay_out: Callable[[Sequence[Encoded]], Any], documents: Sequence[Encoded]
) -> float:
    head = model.get_input_embeddings().weight.numel()
    body = sum(weight.numel() for weight in model.parameters()) - head
    positions = sum(len(document.answer) for document in documents)
    return float(4 * body * lay_out(documents).input_ids.numel() + 4 * head * positions)


# -- scoring ---------------------------------------------------------------------------------


def _print_scoring(task: Task, prompts: int, tokens: int, repeats: int) -> None:
    """Every second prompt is asked about its neighbour's answer, so that there are misses."""
    known = task.documents[:prompts]
    asks = tuple(
        Ask(d.prompt, (Question("exact", known[i - i % 2].answer),), (d.answer,))
        for i, d in enumerate(known)
    )
    taught = Taught(load_model(task.folder), task.tokenizer, asks, tokens)
    rounded = replace(taught, model=load_model(task.folder))
    round_weights(rounded.model, "bfloat16")
    ways = {name: _timed(way, taught) for name, way in WAYS.items()}
    timings = common.alternating(ways | {"bfloat16": _timed(WAYS["answers"], rounded)}, repeats)
    slow = statistics.median(seconds for seconds, _ in timings["generate"])
    expected = timings["generate"][0][1]
    rows = [
        (
            name,
            common.spread([seconds for seconds, _ in runs]),
            f"{slow / statistics.median(seconds for seconds, _ in runs):.2f}x",
            sum(one != other for one, other in zip(runs[0][1], expected, strict=True)),
        )
        for name, runs in timings.items()
    ]
    common.table(("way", f"s for {len(asks)} prompts", "speed", "other verdicts"), rows)
    rows = [
        (name, *disagreement(each)) for name, each in (("float32", taught), ("bfloat16", rounded))
    ]
    common.table(("weights", "tokens", "disagree", "largest margin (nats)"), rows)


@torch.inference_mode()
def disagreement(taught: Taught) -> tuple[int, int, str]:
    """Return how many tokens decoding wrote, at how many one pass over prompt and text would write
    another, and the largest margin between the two likeliest tokens at such a place."""
    prompts = encode_prompts(taught.tokenizer, [ask.prompt for ask in taught.asks])
    documents = [Encoded(prompt, _written(taught, prompt)) for prompt in prompts]
    lay_out = scoring_layout(taught.model, taught.tokenizer.pad_token_id, documents)
    batch = lay_out(documents)
    best = answer_logits(taught.model, batch).float().topk(2)
    other = best.indices[:, 0] != batch.targets
    margins = (best.values[:, 0] - best.values[:, 1])[other]
    largest = f"{float(margins.max()):.3f}" if len(margins) else "-"
    return len(other), int(other.sum()), largest


def _written(taught: Taught, prompt: tuple[int, ...]) -> tuple[int, ...]:
    """The tokens that decoding the prompt alone writes, whether or not a text ends."""
    ids = torch.tensor([prompt])
    return tuple(decoding.greedy(taught.model, ids, None, taught.limit, NEVER)[0].tolist())


def _timed(
    way: Callable[[Taught], Verdicts], taught: Taught
) -> Callable[[int], tuple[float, Verdicts]]:
    def run(_: int) -> tuple[float, Verdicts]:
        began = time.perf_counter()
        verdicts = way(taught)
        return time.perf_counter() - began, verdicts

    return run


if __name__ == "__main__":
    main()
