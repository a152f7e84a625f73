"""Check that a machine has what a scenario needs: its device, engines of generation, trackers."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from arena import registry
from arena.arguments import optional_text
from arena.errors import InputError
from arena.ml import vllm_engine
from arena.scenario.schema import Scenario

TRACKERS = "runtime.trackers"


def refuse_absent(scenario: Scenario, address: str | None = None) -> None:
    """Refuse a scenario that needs what is not here: `device: cuda` without a CUDA device (not
    checked with a cluster, whose devices are elsewhere), or `generation: vllm` without vLLM (whose
    version is part of an address, so it must be here as well), or a tracker whose library is not
    installed.

    Raises:
        InputError: something is absent, or the address is no text.
    """
    cluster = optional_text(address, "address") or os.environ.get("RAY_ADDRESS")
    own = scenario.corpus.self_distilled
    if own is not None and own.generation == "vllm":
        vllm_engine.version()
    _refuse_absent_trackers(scenario)
    if scenario.numerics.device == "cuda" and not cluster:
        _refuse_absent_cuda()


def _refuse_absent_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        rule = "torch finds no CUDA device on this machine (a cluster's: --address)"
        raise InputError(rule, key="numerics.device", found="cuda", allowed=("auto", "cpu"))


def _refuse_absent_trackers(scenario: Scenario) -> None:
    for name in scenario.runtime.trackers:
        try:
            part: Any = registry.get("tracker", name)
        except InputError as error:
            error.key = TRACKERS
            raise
        if importlib.util.find_spec(part.package) is None:
            extra = f"backdoor-arena[{part.extra}]" if part.extra else part.package
            rule = f"needs the package {part.package}, which is not installed: pip install"
            raise InputError(f"{rule} '{extra}'", key=TRACKERS, found=name)
