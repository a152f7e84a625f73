"""Run the work of a stage in several processes that share its model (arena.ml.sharding)."""

from __future__ import annotations

import contextlib
import datetime
import multiprocessing
import os
import pickle
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from arena.api.job import Detail, Progress
from arena.errors import ArenaError
from arena.ml.train_config import Training
from arena.plugins.files import Plugin
from arena.plugins.loading import install, loaded

Work = Callable[[Path, Progress], Detail]
POLL = 0.2  # seconds between two looks at the processes
PATIENCE = datetime.timedelta(hours=1)  # for a process that still loads or scores
LOOPBACK = "lo"  # the processes of a stage are on one machine


@dataclass(frozen=True)
class _Order:
    """What each process is given. work: pickled, since plug-ins must be loaded before it is read.
    meeting: a file through which the processes find each other."""

    work: bytes
    plugins: Sequence[Plugin]
    out: Path
    meeting: Path
    processes: int
    threads: int
    device: str


def spread(training: Training, work: Work, out: Path, progress: Progress) -> Detail:
    """Return what `work(out, progress)` returns, run by as many processes as the training asks for;
    here if that is one. Only the first one's files and progress count.

    Args:
        work: picklable; does the same in every process.

    Raises:
        ArenaError: a process failed. An error of the work itself is raised as it is.
    """
    processes = training.config.processes
    if processes == 1:
        return work(out, progress)
    from arena.ml.checkpoints import resolve_device

    device = resolve_device(training.numerics.device)
    with tempfile.TemporaryDirectory(prefix="arena-meeting-") as folder:
        meeting = Path(folder) / "meeting"
        content, threads = pickle.dumps(work), training.numerics.threads
        return _run(_Order(content, loaded(), out, meeting, processes, threads, device), progress)


def _run(order: _Order, progress: Progress) -> Detail:
    from torch.multiprocessing.spawn import ProcessException, start_processes

    messages = multiprocessing.get_context("spawn").SimpleQueue()
    news = _News(messages, progress)
    with _without_main():
        context: Any = start_processes(  # type: ignore[no-untyped-call]
            _enter, (order, messages), order.processes, join=False, daemon=True
        )
    try:
        while not context.join(timeout=POLL):
            news.read()
    except ProcessException as error:
        news.read()
        raise news.error or _failure(error) from error
    finally:
        for process in context.processes:
            process.kill()  # does nothing to one that has ended
    news.read()
    assert news.detail is not None
    return news.detail


def _failure(error: Exception) -> ArenaError:
    """The error to raise when a process was killed, or its work failed unexpectedly."""
    text = str(error).strip().splitlines()[-1]
    hint = " (out of memory?)" if "SIGKILL" in text else ""
    return ArenaError(f"one of the processes that share the model failed: {text}{hint}")


class _News:
    """What the processes tell: the steps done, the result, or an error of the work."""

    def __init__(self, messages: Any, progress: Progress) -> None:
        self._messages, self._progress = messages, progress
        self.detail: Detail | None = None
        self.error: ArenaError | None = None

    def read(self) -> None:
        """Take in all messages so far."""
        while not self._messages.empty():
            message = self._messages.get()
            if isinstance(message, int):
                self._progress(message)
            elif isinstance(message, ArenaError):
                self.error = self.error or message
            else:
                self.detail = message


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module while processes are started: each would import it again, and a script
    that runs scenarios would run them again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


# -- in the new processes --------------------------------------------------------------------


def _enter(rank: int, order: _Order, messages: Any) -> None:
    try:
        detail = _work(rank, order, messages.put if rank == 0 else _nowhere)
    except ArenaError as error:
        messages.put(error)
        raise
    if rank == 0:
        messages.put(detail)


def _nowhere(done: int) -> None:
    """The progress of all processes but the first."""


def _work(rank: int, order: _Order, progress: Progress) -> Detail:
    install(order.plugins)
    with _group(rank, order), _folder(rank, order.out) as out:
        work: Work = pickle.loads(order.work)
        return work(out, progress)


@contextlib.contextmanager
def _folder(rank: int, out: Path) -> Iterator[Path]:
    """The stage's folder for the first process, one that is thrown away for the others."""
    if rank == 0:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="arena-unused-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _group(rank: int, order: _Order) -> Iterator[None]:
    """Join the other processes, and set up torch as in any worker."""
    os.environ |= _environment(rank, order)
    import torch
    import torch.distributed as dist

    from arena.ml.process import set_threads

    set_threads(order.threads)
    if order.device == "cuda":
        torch.cuda.set_device(rank)
    dist.init_process_group(
        "gloo" if order.device == "cpu" else "cuda:nccl,cpu:gloo",
        init_method=f"file://{order.meeting}",
        rank=rank,
        world_size=order.processes,
        timeout=PATIENCE,
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


def _environment(rank: int, order: _Order) -> dict[str, str]:
    """The variables that accelerate and gloo read."""
    number, total = str(rank), str(order.processes)
    ours = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": total, "LOCAL_WORLD_SIZE": total}
    ours["OMP_NUM_THREADS"] = str(order.threads)
    if LOOPBACK in (name for _, name in socket.if_nameindex()):
        ours["GLOO_SOCKET_IFNAME"] = os.environ.get("GLOO_SOCKET_IFNAME", LOOPBACK)
    return ours
