"""Check that a machine has the device that a scenario asks for."""

from __future__ import annotations

import os

from arena.errors import InputError
from arena.scenario.schema import Scenario


def refuse_absent_device(scenario: Scenario, address: str | None = None) -> None:
    """Refuse `device: cuda` if torch finds no CUDA device. Not checked with a cluster, whose
    devices are elsewhere.

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
