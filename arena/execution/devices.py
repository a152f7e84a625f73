"""Check that a machine has what a scenario asks for: its device, and engines of generation."""

from __future__ import annotations

import os

from arena.errors import InputError
from arena.ml import vllm_engine
from arena.scenario.schema import Scenario


def refuse_absent(scenario: Scenario, address: str | None = None) -> None:
    """Refuse a scenario that needs what is not here: `device: cuda` without a CUDA device (not
    checked with a cluster, whose devices are elsewhere), or `generation: vllm` without vLLM (whose
    version is part of an address, so it must be here as well).

    Raises:
        InputError: something is absent.
    """
    own = scenario.corpus.self_distilled
    if own is not None and own.generation == "vllm":
        vllm_engine.version()
    elsewhere = address is not None or os.environ.get("RAY_ADDRESS")
    if scenario.numerics.device == "cuda" and not elsewhere:
        _refuse_absent_cuda()


def _refuse_absent_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        rule = "torch finds no CUDA device on this machine (a cluster's: --address)"
        raise InputError(rule, key="numerics.device", found="cuda", allowed=("auto", "cpu"))
