"""`arena doctor`: what a run would find on this machine, and what is wrong with it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich import box
from rich.table import Table
from rich.text import Text

from arena.planning.numerics import cpu_model, device_of
from arena.scenario.numerics import Numerics

GIB = 2**30
SMALL_DISK, SMALL_MEMORY = 2 * GIB, 3 * GIB  # a quickstart needs less than a third of either
PACKAGES = ("torch", "transformers", "peft", "ray", "optuna", "numpy")
# An extra, and a module that it brings.
EXTRAS = {
    "models": "gguf", "vllm": "vllm", "tables": "pyarrow", "tensorboard": "tensorboard",
    "mlflow": "mlflow", "wandb": "wandb", "trackio": "trackio", "dashboard": "optuna_dashboard",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the examination. advice: what to do about it; empty where all is well."""

    what: str
    found: str
    advice: str = ""


def findings(store: Path) -> Iterator[Finding]:
    """Yield what runs here would find: software, processor, memory, the store, the terminal."""
    version = importlib.metadata.version("backdoor-arena")
    yield Finding("arena", f"{version}, Python {platform.python_version()}")
    yield Finding("packages", ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES))
    there = [extra for extra, module in EXTRAS.items() if importlib.util.find_spec(module)]
    yield Finding("extras", ", ".join(there) or "none")
    yield Finding("processor", f"{cpu_model()}, {os.cpu_count()} cores")
    yield Finding("device", device_of(Numerics()))
    yield _memory()
    yield _store(store)
    encoding = sys.stdout.encoding or "none"
    plain = (
        ""
        if encoding.lower().startswith("utf")
        else "some characters will be replaced: set PYTHONUTF8=1"
    )
    yield Finding("terminal", f"{shutil.get_terminal_size().columns} columns, {encoding}", plain)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    advice = "low: --set runtime.workers=1 needs the least memory" if free < SMALL_MEMORY else ""
    return Finding("memory", f"{free / GIB:.1f} GiB available", advice)


def _store(store: Path) -> Finding:
    place = next(folder for folder in (store, *store.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    place_and_space = f"{store}, {free / GIB:.0f} GiB free"
    if not _writable(place):
        return Finding("store", place_and_space, f"{place} cannot be written: set ARENA_STORE")
    advice = (
        "little space left: `arena cache prune`, or set ARENA_STORE" if free < SMALL_DISK else ""
    )
    return Finding("store", place_and_space, advice)


def _writable(folder: Path) -> bool:
    """Whether a file can be made there; asking for permissions would be wrong for root."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def table(examined: Sequence[Finding]) -> Table:
    """Return the findings, with what to do about each that is not well."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for each in examined:
        lines = [Text(each.found)]
        if each.advice:
            lines.append(Text(f"! {each.advice}", style="bold"))
        shown.add_row(Text(each.what), Text("\n").join(lines))
    return shown
