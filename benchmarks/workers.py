"""Two worker processes of one thread each, against one process of two threads.

    python benchmarks/workers.py --size nano

Processes are started once and train on the corpus townlore. In a race all processes of one side
start together, while the other side sleeps; races alternate, and the first of each side is a
warm-up. Prints optimiser steps per second, over all processes of a side.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Self

import numpy as np

import common

WAIT = 600  # seconds to wait for a side to get ready, or to race
Race = tuple[float, float]


class Side:
    """Processes that race together: (processes, threads each)."""

    def __init__(self, mix: common.Mix, processes: int, threads: int, steps: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.processes, self.steps = processes, steps
        self._line: Barrier = context.Barrier(processes + 1)
        self._ends: Queue[Race] = context.Queue()
        common_part = (mix, threads, steps, self._line, self._ends)
        self._members = [
            context.Process(target=member, args=(number, *common_part), daemon=True)
            for number in range(processes)
        ]

    def __enter__(self) -> Self:
        for process in self._members:
            process.start()
        return self

    def __exit__(self, *raised: object) -> None:
        for process in self._members:
            process.terminate()
            process.join()

    def race(self, _: int) -> float:
        """Return steps per second over all processes, from the first start to the last end."""
        self._line.wait(WAIT)
        ends = [self._ends.get(timeout=WAIT) for _ in range(self.processes)]
        took = max(end for _, end in ends) - min(start for start, _ in ends)
        return self.processes * self.steps / took


def member(
    number: int, mix: common.Mix, threads: int, steps: int, line: Barrier, ends: Queue[Race]
) -> None:
    """Run a process of a side: wait for the others, train, report start and end times."""
    from arena.ml.training import train

    common.threads(threads)
    model, config = mix.model(number), common.shortened(mix.config, steps)
    rng = np.random.default_rng(number)
    while True:
        line.wait()
        start = time.monotonic()  # one clock for all processes
        train(model, mix.documents, config, rng, mix.tokenizer.pad_token_id)
        ends.put((start, time.monotonic()))


def main() -> None:
    """Race both sides and print the table."""
    given = _given()
    with tempfile.TemporaryDirectory() as folder:
        mix = common.task_mix("townlore", given.size, Path(folder))
        two = Side(mix, 2, 1, given.steps)
        one = Side(mix, 1, 2, given.steps)
        with two, one:
            sides = {"two processes x 1 thread": two.race, "one process x 2 threads": one.race}
            found: dict[str, list[float]] = common.alternating(sides, given.repeats)
    common.header(
        f"Workers, {given.size}",
        f"{given.repeats} x {given.steps} steps a process, alternating, median (range)",
    )
    slowest = min(statistics.median(speeds) for speeds in found.values())
    rows: list[tuple[Any, ...]] = [
        (name, common.spread(speeds, 2), f"{statistics.median(speeds) / slowest:.2f}x")
        for name, speeds in found.items()
    ]
    common.table(("workers", "steps/s in all", "of the slower"), rows)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=("nano", "micro", "mini", "small"), default="nano")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
