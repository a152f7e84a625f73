"""A Ray started here: whether its processes are alive, signal handling meanwhile, and shutdown."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import psutil

from arena.errors import MachineError

# Nothing works without these; Ray itself would wait a minute for them, then end this process.
NEEDED = {"gcs_server": "control service", "raylet": "node manager"}
KEPT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def lost_process() -> str | None:
    """Return the name of a required process of the Ray started here that has ended; None if all are
    alive, or if Ray was started elsewhere."""
    node = _node()
    dead = [] if node is None else [kind for kind, _ in node.dead_processes()]
    return next((kind for kind in dead if kind in NEEDED), None)


def refuse_lost() -> None:
    """Raise MachineError if the Ray started here has lost a process that it needs."""
    lost = lost_process()
    if lost is not None:
        what = f"Ray's {NEEDED[lost]} ({lost})"
        raise MachineError(f"{what} has ended: it was killed, or memory ran out")


def stop_ray() -> None:
    """Shut down the Ray started here, with all its processes."""
    import ray

    theirs = _processes()
    with kept_signals():
        ray.shutdown()
    for process in theirs:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(theirs, timeout=1)


@contextlib.contextmanager
def without_reports() -> Iterator[None]:
    """Discard what Ray reports of tasks during this block, in which their processes are ended on
    purpose: it would print that each has failed."""
    from ray._private import worker

    before = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *data, **more: None
    try:
        yield
    finally:
        worker.print_to_stdstream = before


@contextlib.contextmanager
def kept_signals() -> Iterator[None]:
    """Keep this process's handlers of stop signals. Ray replaces them when it starts (a C++ stack
    trace, exit status 15) and removes them when it ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in KEPT}
    try:
        yield
    except SystemExit as ended:
        own = before[signal.SIGTERM]
        if ended.code == signal.SIGTERM and callable(own):  # under Ray's handler
            own(signal.SIGTERM, None)
        raise
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _processes() -> list[psutil.Process]:
    """The processes of the Ray started here: its servers, their children, its workers."""
    node = _node()
    servers = (
        [] if node is None else [info for each in node.all_processes.values() for info in each]
    )
    found: list[psutil.Process] = []
    for server in servers:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(server.process.pid)
            found += [root, *root.children(recursive=True)]
    return found


def _node() -> Any:
    from ray._private import worker

    return worker._global_node
