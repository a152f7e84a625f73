"""Which driver a running trial belongs to.

A driver sends a heartbeat for its trials every few seconds. Without heartbeats another driver
adopts a trial: it keeps its number and its parameters, and is measured again from the stages in the
store. So no finished trial is lost or run twice.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

MYSELF = uuid.uuid4().hex  # this driver
BEAT = 10.0  # seconds between two heartbeats
SILENT = 60.0  # seconds without a heartbeat after which a driver counts as dead
OWNER, SEEN = "driver", "seen"
RELEASED = 0.0  # the heartbeat of a driver that stopped


def claim(trial: optuna.Trial) -> None:
    """Record this driver as the trial's owner."""
    trial.set_user_attr(OWNER, {"where": _where(), "pid": os.getpid(), "id": MYSELF})
    send_heartbeat(trial)


def ours(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether this driver still owns the trial: it runs, and no other driver adopted it."""
    stored = study.get_trials(deepcopy=False)[trial.number]
    owner = stored.user_attrs.get(OWNER, {})
    return stored.state == TrialState.RUNNING and owner.get("id") == MYSELF


@contextlib.contextmanager
def heartbeat(trials: Callable[[], Sequence[optuna.Trial]]) -> Iterator[None]:
    """Send heartbeats for these trials in a separate thread, until the block ends."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            for trial in trials():
                # the storage may be busy; the next heartbeat may succeed
                with contextlib.suppress(Exception):
                    if ours(trial.study, trial):
                        send_heartbeat(trial)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def send_heartbeat(trial: optuna.Trial) -> None:
    """Record that the trial's driver is alive now."""
    trial.set_user_attr(SEEN, time.time())


def release(trials: Sequence[optuna.Trial]) -> None:
    """Leave trials to the next driver at once, on any machine, when this one stops cleanly."""
    for trial in trials:
        with contextlib.suppress(Exception):  # otherwise the next driver waits for a minute
            if ours(trial.study, trial):
                trial.set_user_attr(SEEN, RELEASED)


class Listener:
    """Hears the heartbeats of other drivers. How long one has been silent is timed here, since the
    clocks of two machines may differ."""

    def __init__(self) -> None:
        # by trial: its last heartbeat, and since when that is known
        self._heard: dict[int, tuple[float | None, float]] = {}

    def adopt(self, study: optuna.Study, own: Sequence[int]) -> optuna.Trial | None:
        """Take over a running trial whose driver is dead and return it; None if there is none. own:
        the numbers of this driver's trials."""
        for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if frozen.number not in own and self.abandoned(frozen):
                trial = optuna.Trial(study, frozen._trial_id)
                claim(trial)
                # of two drivers that adopt it at once, the last to write owns it
                if ours(study, trial):
                    return trial
        return None

    def abandoned(self, trial: FrozenTrial) -> bool:
        """Return whether a running trial's driver is dead: its process on this machine ended, or
        its heartbeats stopped (on another machine, or if its process id was reused)."""
        owner = trial.user_attrs.get(OWNER, {})
        here = owner.get("where") == _where()
        return (here and not _alive(int(owner["pid"]))) or self._silence(trial) > SILENT

    def _silence(self, trial: FrozenTrial) -> float:
        """Seconds since the trial's last heartbeat was first heard."""
        last, now = trial.user_attrs.get(SEEN), time.monotonic()
        if last == RELEASED:
            return math.inf
        if trial.number not in self._heard or self._heard[trial.number][0] != last:
            self._heard[trial.number] = (last, now)
        return now - self._heard[trial.number][1]


@functools.cache
def _where() -> str:
    """Where a process id means this process: containers on one host may share its name."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):  # there is no /proc on macOS
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(Path("/proc/self/ns/pid").readlink().name)
    return " ".join(parts)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
