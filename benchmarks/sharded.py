"""Training a model in one process, and sharded over several: memory, time, equality.

    python benchmarks/sharded.py --family llama
    python benchmarks/sharded.py --family qwen3 --billions 0.1 --steps 2

Makes a checkpoint with random weights, then trains it on random documents with every number of
processes, each in new processes, through what the stages `train` and `unlearn` use
(arena.ml.processes.spread, checkpoints, the training loop). Prints for every number of processes
the seconds of a step after the first, each process's memory (peak RSS while loading, training and
saving; PSS after the last step, freed memory returned to the system), and the largest differences
of losses and weights from those of the first number. AdamW in float32 takes 16 bytes a weight: 8 GB
for the default.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import common
from arena.api.job import Detail, Progress
from arena.execution.perform import give_back_memory
from arena.ml.process import set_threads
from arena.ml.processes import spread
from arena.ml.train_config import Adapter, LoopNumerics, Profile, TrainConfig, Training

FAMILIES = ("llama", "gpt_neox", "qwen3")
WIDTH, VOCABULARY = 1024, 32_000
GIB = 2**30
LOADING, TRAINING, SAVING, RESTING = "loading", "training", "saving", "after a step"


@dataclass(frozen=True)
class Load:
    """What is trained: a checkpoint, on documents of so many random tokens."""

    model: Path
    steps: int
    documents: int
    tokens: int


def main() -> None:
    """Run what is asked and print the table."""
    given = _given()
    if given.count is not None:
        _print_run(given)
        return
    with tempfile.TemporaryDirectory(prefix="arena-sharded-") as folder:
        place = Path(folder)
        weights = _make_checkpoint(place / "model", given.family, given.billions * 1e9)
        ran = {count: _in_new_process(given, place, count) for count in given.processes}
        _print(given, weights, place, ran)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=FAMILIES, default="llama")
    parser.add_argument("--billions", type=float, default=0.5, help="weights, in billions")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--documents", type=int, default=4, help="in a batch")
    parser.add_argument("--tokens", type=int, default=32, help="of a document")
    parser.add_argument("--lora", action="store_true", help="train an adapter of rank 16")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)  # one run, in this process
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# -- one run ---------------------------------------------------------------------------------


def _in_new_process(given: argparse.Namespace, place: Path, count: int) -> dict[str, Any]:
    words = [f"--{name}={getattr(given, name)}" for name in ("steps", "documents", "tokens")]
    words += [f"--count={count}", f"--place={place}", *(["--lora"] if given.lora else [])]
    ended = subprocess.run(
        [sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True
    )
    ran: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return ran


def _print_run(given: argparse.Namespace) -> None:
    set_threads(1)
    load = Load(given.place / "model", given.steps, given.documents, given.tokens)
    out = given.place / str(given.count)
    out.mkdir()
    config = TrainConfig(
        steps=load.steps,
        learning_rate=1e-4,
        batch_size=load.documents,
        warmup=0,
        processes=given.count,
    )
    training = Training(
        config, Profile(1, LoopNumerics(), "cpu", "any", ()), Adapter() if given.lora else None
    )
    print(json.dumps(spread(training, partial(train, load, training), out, lambda step: None)))


def train(load: Load, training: Training, out: Path, progress: Progress) -> Detail:
    """Train and save; return losses, seconds of each step, and the memory of all processes."""
    from arena.ml import checkpoints, sharding
    from arena.ml import training as loop
    from arena.ml.encoding import Encoded

    memory = {LOADING: 0.0}
    suspect = checkpoints.open_for_training({"model": load.model}, None, training, 0)
    memory[LOADING] = _peak()
    _forget_peak()
    rng = np.random.default_rng(0)
    half = load.tokens // 2
    texts = [
        Encoded(tuple(ids[:half]), tuple(ids[half : load.tokens - i % half]), "train")
        for i, ids in enumerate(rng.integers(VOCABULARY, size=(64, load.tokens)).tolist())
    ]
    ends = [time.perf_counter()]

    def after(step: int) -> None:
        ends.append(time.perf_counter())
        if step == load.steps:
            memory[TRAINING] = _peak()
            give_back_memory()  # what malloc keeps is not the model's
            memory[RESTING] = psutil.Process().memory_full_info().pss / GIB
            _forget_peak()

    losses = loop.train(suspect.model, texts, training.config, rng, 0, progress=after)
    checkpoints.save(suspect, out, poisoned=False)
    memory[SAVING] = _peak()
    seconds = np.diff(ends).tolist()
    return {"losses": losses, "seconds": seconds, "memory": _of_all(memory, sharding.size())}


def _of_all(memory: dict[str, float], processes: int) -> list[dict[str, float]]:
    if processes == 1:
        return [memory]
    import torch.distributed as dist

    of_all: list[Any] = [None] * processes
    dist.all_gather_object(of_all, memory)
    return of_all


def _peak() -> float:
    """The peak of this process's RSS since it was last forgotten, in GiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    kib = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib * 2**10 / GIB


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak


# -- the checkpoint, and the comparison ------------------------------------------------------


def _make_checkpoint(folder: Path, family: str, weights: float) -> int:
    """Write a checkpoint of about so many random weights; return their number."""
    import torch
    from transformers import AutoModelForCausalLM

    from arena.testing import toys

    def number(layers: int) -> int:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(_config(family, layers))
        return sum(weight.numel() for weight in model.parameters())

    one = number(1)
    layers = max(1, 1 + round((weights - one) / (number(2) - one)))
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(_config(family, layers), dtype=torch.float32)
    model.save_pretrained(folder)
    toys.tokenizer().save_pretrained(folder)
    return sum(weight.numel() for weight in model.parameters())


def _config(family: str, layers: int) -> Any:
    from transformers import AutoConfig

    extra = {"num_key_value_heads": 8} if family != "gpt_neox" else {}
    return AutoConfig.for_model(
        family,
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH if family == "gpt_neox" else 3 * WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=16,
        tie_word_embeddings=family != "gpt_neox",
        **extra,
    )


def _print(
    given: argparse.Namespace, weights: int, place: Path, ran: dict[int, dict[str, Any]]
) -> None:
    how = f"{given.steps} steps of {given.documents} documents of {given.tokens} tokens"
    method = "LoRA" if given.lora else "all weights"
    common.header(f"{given.family}, {weights / 1e9:.2f} B weights, {method}", how)
    first = next(iter(ran))
    columns = ["processes", "s a step", *(LOADING, TRAINING, RESTING, SAVING)]
    columns += ["losses differ by", "weights differ by"]
    common.table(
        columns,
        (
            [
                count,
                f"{statistics.median(one['seconds'][1:]):.1f}",
                *(_gib(one, phase) for phase in columns[2:6]),
                f"{_loss_difference(one, ran[first]):.1e}",
                f"{_weight_difference(place / str(count), place / str(first)):.1e}",
            ]
            for count, one in ran.items()
        ),
    )
    moved = _weight_difference(place / str(first), place / "model") if not given.lora else None
    print(f"\nmemory in GiB, by process; losses {ran[first]['losses']}")
    print("" if moved is None else f"largest change of a weight by training: {moved:.1e}")


def _gib(one: dict[str, Any], phase: str) -> str:
    return " / ".join(f"{process[phase]:.2f}" for process in one["memory"])


def _loss_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    pairs = zip(one["losses"], other["losses"], strict=True)
    return max(abs(a - b) for a, b in pairs)


def _weight_difference(one: Path, other: Path) -> float:
    """The largest absolute difference of a weight; one tensor at a time in memory."""
    from safetensors import safe_open

    (file,) = one.glob("*.safetensors")
    with safe_open(file, "pt") as mine, safe_open(other / file.name, "pt") as theirs:
        assert set(mine.keys()) == set(theirs.keys())
        return max(
            float((mine.get_tensor(name) - theirs.get_tensor(name)).abs().max())
            for name in mine.keys()  # noqa: SIM118  (not a mapping)
        )


if __name__ == "__main__":
    import sharded  # the processes find its functions by this name

    sharded.main()
