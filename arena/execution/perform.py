"""Run one stage in this process: used by Ray actors and by the serial runtime."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from typing import Any

from arena.api.job import Job, Progress
from arena.store.store import Stage, Store

REPORT_EVERY = 0.25  # seconds between two writes of a stage's progress


def nowhere(done: int) -> None:
    """A progress callback that does nothing."""


def perform(
    stage: Stage, job: Job, store: Store, *, replace: bool = False, tell: Progress = nowhere
) -> dict[str, Any]:
    """Run the job on its parents' folders, publish the artifact and return its manifest.

    If several processes are asked for the same stage, one runs it; the others wait for its
    artifact, unless they `replace`.

    Args:
        tell: called now and then with the steps done, like the store's progress file.

    Raises:
        ArenaError: the store cannot be written.
    """
    with store.claim(stage.address):
        if not replace and store.has(stage.address):
            return store.manifest(stage.address)
        return _work(stage, job, store, replace, tell)


def _work(stage: Stage, job: Job, store: Store, replace: bool, tell: Progress) -> dict[str, Any]:
    inputs = {role: store.path(address) for role, address in stage.parents.items()}
    teller = _teller(store, stage.address, tell)
    try:
        return store.commit(stage, lambda out: job.run(inputs, out, teller), replace=replace)
    finally:
        store.progress_file(stage.address).unlink(missing_ok=True)


def give_back_memory() -> None:
    """Return memory freed by a finished stage to the system: batches of changing shapes fragment
    glibc's heap, so a long-lived worker would grow. Does nothing without glibc."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def load_libraries() -> None:
    """Import now what the first training stage would otherwise wait for, and exempt it from garbage
    collection, since it is never freed."""
    import transformers.models.llama.modeling_llama  # noqa: F401 (others share what it loads)

    import arena.ml.checkpoints
    import arena.ml.scoring  # noqa: F401

    gc.freeze()


def _teller(store: Store, address: str, also: Progress) -> Progress:
    file = store.progress_file(address)
    with store.writing():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)  # left by a killed run
    last = 0.0

    def tell(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            file.write_text(str(done))
            also(done)

    return tell
