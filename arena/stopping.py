"""Signals that stop a command: the first ends it cleanly, a second one at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OFFSET = 128  # exit status of a command stopped by a signal: this plus the signal's number
SAME = 1.0  # seconds in which a second signal counts as the first (sent to the whole process group)
PATIENCE = 20.0  # seconds in which a stopped command must have ended


class Stopped(KeyboardInterrupt):
    """A signal asked this process to end. Like KeyboardInterrupt it is not an Exception, so that it
    is not taken for the failure of a stage."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_status = OFFSET + number


_received: tuple[int, float] | None = None  # the first signal, and when it came


def catch_signals() -> None:
    """Make the signals raise Stopped in the main thread; signals that the parent process had set to
    be ignored (nohup, background jobs of a shell) stay ignored."""
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def received() -> Stopped | None:
    """Return the first signal that asked this process to end; None if there was none. (Ray turns
    Stopped into a plain KeyboardInterrupt.)"""
    return None if _received is None else Stopped(_received[0])


def _stop(number: int, frame: FrameType | None) -> None:
    global _received
    now = time.monotonic()
    if _received is None:
        _received = number, now
        late = threading.Timer(PATIENCE, end_at_once, [number])
        late.daemon = True
        late.start()
        raise Stopped(number)
    if now - _received[1] > SAME:
        end_at_once(number)


def end_at_once(number: int) -> None:
    """End this process and all processes that it started, without waiting for anything."""
    import psutil

    os.write(2, b"stopped at once; the same command continues from the finished stages\n")
    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.Error:
            continue
    os._exit(OFFSET + number)
