"""The numerics profile: what else decides a float, recorded and part of every address."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from arena.scenario.schema import Numerics

DECISIVE = ("torch", "transformers", "tokenizers", "peft", "numpy")
PACKAGES = ("torch", "transformers", "tokenizers", "peft", "ray", "numpy", "scipy")


def profile(numerics: Numerics) -> dict[str, Any]:
    """Threads per worker, precision, device and the versions that compute.

    `auto` becomes `cuda` where the kernel shows an NVIDIA device, so that torch need not be
    imported to plan a run."""
    device: str = numerics.device
    if device == "auto":
        device = "cuda" if _has_gpu() else "cpu"
    return {
        "threads": numerics.threads,
        "precision": numerics.precision,
        "device": device,
        "machine": platform.machine(),
        **{name: importlib.metadata.version(name) for name in DECISIVE},
    }


def _has_gpu() -> bool:
    """Whether an NVIDIA device is there, not hidden, and torch is not a CPU build."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    built_without = "+cpu" in importlib.metadata.version("torch")
    return any(Path("/dev").glob("nvidia[0-9]*")) and not hidden and not built_without


def environment(numerics: Numerics) -> dict[str, Any]:
    """Versions and hardware, for results.json."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    machine = {"python": platform.python_version(), "cpu": _cpu(), "cores": os.cpu_count()}
    return {**versions, **machine, **profile(numerics)}


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
