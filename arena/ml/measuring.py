"""How fast this machine trains: seconds of a training step under given numerics.

Run as a program (`python -m arena.ml.measuring WORKLOAD`) it measures on request: a JSON line
of settings in, a JSON line of seconds out. Several such processes at once show how they slow each
other down (arena.execution.calibrate).
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from arena.ml import models
from arena.ml.encoding import Encoded
from arena.ml.train_config import Precision, TrainConfig
from arena.ml.training import train

PROMPT, ANSWER = 24, 8  # tokens of each document: short questions and answers
LAYERS = 2  # of a checkpoint's layers, all alike: the ratio of two settings is the same
STEPS, WARM = 8, 2  # steps of each measurement, the first not counted
ENOUGH = 2.0  # seconds: large models take fewer steps
TOO_LONG = 10.0  # seconds: one step must do (bfloat16 takes half a minute a step on some CPUs)


@dataclass(frozen=True)
class Workload:
    """What is trained: a from-scratch model (family, size, vocabulary), or a checkpoint's
    architecture cut to a few layers; in batches of `batch_size`."""

    batch_size: int
    device: str
    family: str | None = None
    size: str | None = None
    vocabulary: int = 0
    pretrained: str | None = None
    micro_batch: int | None = None
    checkpointing: bool = False

    def model(self) -> Any:
        """Return a randomly initialised model of that shape, on the device."""
        if self.pretrained is None:
            config = models.config_of(str(self.family), str(self.size), self.vocabulary, 0, 1)
        else:
            from transformers import AutoConfig

            config = AutoConfig.from_pretrained(self.pretrained, trust_remote_code=False)
            config.num_hidden_layers = min(LAYERS, config.num_hidden_layers)
        return models.initialised(config, 0).to(self.device)


def step_seconds(workload: Workload, *, threads: int, precision: Precision) -> float:
    """Return the median seconds of an optimiser step, the first ones left out where more than one
    is possible in `TOO_LONG`."""
    torch.set_num_threads(threads)
    model = workload.model()
    ids = np.random.default_rng(0).integers(2, models.vocabulary(model), (256, PROMPT + ANSWER))
    documents = [Encoded(tuple(row[:PROMPT]), tuple(row[PROMPT:])) for row in ids.tolist()]
    config = TrainConfig(
        steps=STEPS,
        learning_rate=1e-4,
        batch_size=workload.batch_size,
        precision=precision,
        micro_batch=workload.micro_batch,
        checkpointing=workload.checkpointing,
    )
    clock = [time.perf_counter()]

    def tick(done: int) -> None:
        if workload.device == "cuda":
            torch.cuda.synchronize()
        clock.append(time.perf_counter())

    def enough() -> bool:
        if len(clock) > WARM + 3 and clock[-1] - clock[WARM] > ENOUGH:
            return True
        return len(clock) > 1 and clock[-1] - clock[0] > TOO_LONG

    train(model, documents, config, np.random.default_rng(0), 1, progress=tick, stop=enough)
    return statistics.median(np.diff(clock[min(WARM, len(clock) - 2) :]))


def serve(workload: Workload, asked: Iterable[str]) -> None:
    """Answer each line of settings with a line of seconds, or with an error."""
    for line in asked:
        answer: dict[str, Any]
        try:
            answer = {"seconds": step_seconds(workload, **json.loads(line))}
        except Exception as error:  # a setting that this machine cannot do is an answer too
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(Workload(**json.loads(sys.argv[1])), sys.stdin)
