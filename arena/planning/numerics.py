"""The numerics profile: everything else that affects a float; recorded, and part of every address.

Not part of an address are the processor's vector instructions, which decide how kernels round: what
one machine has finished is to be found by the next. They are only recorded.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

from arena.ml.train_config import LoopNumerics, Profile
from arena.scenario.needs import SHARED
from arena.scenario.numerics import RuntimeSettings
from arena.scenario.schema import Numerics

DECISIVE = ("torch", "transformers", "tokenizers", "peft", "numpy")
PLAIN = {"threads": 1, "precision": "float32"}
PLAIN_RUNTIME = RuntimeSettings()
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "sve", "sve2")
PACKAGES = (*DECISIVE, "ray", "scipy", "scikit-learn")


def profile(numerics: Numerics) -> Profile:
    """Return the profile of a scenario's numerics. A remaining `auto` gets its plain value
    (arena.execution.calibrate normally settles it first)."""
    plain = settings(numerics)
    loop = LoopNumerics(**{name: plain[name] for name in LoopNumerics.model_fields})
    packages = tuple(versions().items())
    return Profile(plain["threads"], loop, plain["device"], platform.machine(), packages)


def scoring_profile(numerics: Numerics) -> Profile:
    """Return the profile of stages in which models answer prompts."""
    return replace(profile(numerics), scoring=numerics.scoring)


def settings(numerics: Numerics) -> dict[str, Any]:
    """Return the numerics as plain values, none of them `auto`."""
    values = numerics.model_dump()
    plain = {**PLAIN, "device": device_of(numerics)}
    return {name: plain[name] if value == "auto" else value for name, value in values.items()}


def versions() -> dict[str, str]:
    """Return the versions of the packages that affect a float."""
    return {name: importlib.metadata.version(name) for name in DECISIVE}


def device_of(numerics: Numerics) -> str:
    """Return the device; `auto` becomes `cuda` if the kernel shows an NVIDIA device, so that
    planning need not import torch."""
    if numerics.device != "auto":
        return numerics.device
    return "cuda" if _has_gpu() else "cpu"


def _has_gpu() -> bool:
    """Whether an NVIDIA device is there, not hidden, and torch is not a CPU build."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    built_without = "+cpu" in importlib.metadata.version("torch")
    return any(Path("/dev").glob("nvidia[0-9]*")) and not hidden and not built_without


def environment(numerics: Numerics, runtime: RuntimeSettings = PLAIN_RUNTIME) -> dict[str, Any]:
    """Return versions, hardware and numerics, for results.json; `processes`: how many share a
    model, by kind of stage, where any do."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    machine = {
        "python": platform.python_version(),
        "cpu": cpu_model(),
        "instructions": vector_instructions(),
        "cores": os.cpu_count(),
    }
    numbers = {kind: runtime.processes(kind) for kind in SHARED}
    shared = {"processes": numbers} if max(numbers.values()) > 1 else {}
    profiled = {**settings(numerics), "machine": platform.machine()}
    return {**packages, **machine, **profiled, **shared}


def cpu_model() -> str:
    """Return the processor's name as the system reports it."""
    return _of_processor("model name") or platform.processor() or platform.machine()


def vector_instructions() -> str:
    """Return the processor's vector instructions by which torch and its libraries choose kernels
    (`avx2, avx512f`): with others the same training rounds otherwise. Empty if the system does not
    say."""
    flags = (_of_processor("flags") or _of_processor("Features")).split()
    return ", ".join(name for name in INSTRUCTIONS if name in flags)


def _of_processor(key: str) -> str:
    """What /proc/cpuinfo says of the first processor; empty without it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return ""
