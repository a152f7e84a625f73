"""Looks at what a scenario needs beside its text: a checkpoint, a device."""

from __future__ import annotations

import os
from collections.abc import Iterator

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.scenario.schema import Scenario
from arena.scenario.source import Pretrained


def look_at_checkpoint(scenario: Scenario, root: DataRoot) -> Iterator[str]:
    """Look at the model's checkpoint as a run does, once, and yield a line on it. One that is not
    on this machine is left for the run: it would have to be downloaded.

    Raises:
        InputError: the checkpoint cannot be trained or scored.
    """
    if not isinstance(scenario.model, Pretrained):
        return
    from arena.execution.checkpoint import check_checkpoint, folder_of
    from arena.store.store import Store, default_root

    folder = folder_of(scenario.model, root)
    if folder is None:
        yield f"model:  {scenario.model.pretrained} is no folder here: the run asks the model hub"
        return
    check_checkpoint(scenario, root, Store(default_root().resolve()))
    yield f"model:  {folder}"


def refuse_absent_device(scenario: Scenario, address: str | None = None) -> None:
    """Refuse `device: cuda` where torch finds none. With a cluster it is not this machine's.

    Raises:
        InputError: there is no CUDA device here.
    """
    elsewhere = address is not None or os.environ.get("RAY_ADDRESS")
    if scenario.numerics.device != "cuda" or elsewhere:
        return
    import torch

    if not torch.cuda.is_available():
        rule = "torch finds no CUDA device on this machine (a cluster's: --address)"
        raise InputError(rule, key="numerics.device", found="cuda", allowed=("auto", "cpu"))
