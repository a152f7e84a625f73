"""The memory and the disk that stages take, as far as they are known before a run.

Memory is a lower limit: what a process holds while it trains, without the activations of a batch,
which depend on the lengths of the texts. Disk is an upper limit: a removal may keep fewer
checkpoints than doses (docs/performance.md, Memory and disk of a plan).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.api.job import Job
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.execution.placement import Placement
from arena.planning.numerics import settings
from arena.published.locate import located
from arena.scenario.needs import SHARED
from arena.scenario.schema import Scenario
from arena.scenario.source import DEPTH, FromScratch, Pretrained
from arena.stages.merge import MergeJob
from arena.stages.plant import PlantJob
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob

MIB = 2**20
OWN = 320 * MIB  # a process with torch, transformers and peft, before it has a model: its own pages
SHARED_PAGES = 110 * MIB  # and those that all such processes of a machine share: library files
DRIVER = 240 * MIB  # the command's own process, which leaves models to its workers
RAY = 400 * MIB  # Ray's own processes
WEIGHT = 4  # bytes of a weight: float32, under bfloat16 too, which is by autocast
TRAINED = 4 * WEIGHT  # the weight, its gradient and AdamW's two averages
TOKEN = 60  # bytes of a tokenizer's file per token
WIDTHS = {"nano": 64, "micro": 128, "mini": 256, "small": 512}
HEAD = 32  # width of an attention head
LARGEST_HEADER = 2**27  # bytes; safetensors allows less
NO_ADAPTER = ("embed", "lm_head", "wte", "wpe")  # parts of names of weights without an adapter


@dataclass(frozen=True)
class Weights:
    """The weights of a scenario's model.

    Attributes:
        whole: their number. adapter: number of those of its LoRA adapter; None if all are trained.
        beside: bytes of the tokenizer, which every checkpoint without an adapter has too.
    """

    whole: int
    adapter: int | None = None
    beside: int = 0

    @property
    def training(self) -> int:
        """Return the bytes that training holds: weights, gradients and optimiser states."""
        if self.adapter is None:
            return TRAINED * self.whole
        return WEIGHT * self.whole + TRAINED * self.adapter

    @property
    def checkpoint(self) -> int:
        """Return the bytes of a stored checkpoint."""
        return WEIGHT * self.whole + self.beside if self.adapter is None else WEIGHT * self.adapter


@dataclass(frozen=True)
class Memory:
    """Bytes at least.

    Attributes:
        model: weights, gradients and optimiser states. worker: a process that trains, model and
            libraries. whole: all processes, of which so many train.
        gpu: whether the model is on the GPU, and so not in `worker` and `whole`.
    """

    model: int
    worker: int
    whole: int
    processes: int
    gpu: bool


def weights_of(scenario: Scenario, root: DataRoot) -> Weights | None:
    """Return the weights of a scenario's model, read off its sizes or the headers of its files;
    None if the files are not on this machine or hold no safetensors."""
    model = scenario.model
    if isinstance(model, FromScratch):
        return from_scratch(model)
    name = model.pretrained if isinstance(model, Pretrained) else model.suspect
    try:
        folder = located(name, root)
        shapes = dict(_shapes(folder)) if folder is not None else {}
    except (InputError, OSError, ValueError, TypeError, AttributeError):
        return None
    if folder is None or not shapes:
        return None
    whole = sum(map(_size, shapes.values()))
    beside = sum(file.stat().st_size for file in folder.glob("tokenizer*"))
    if not isinstance(model, Pretrained) or model.adapter is None:
        return Weights(whole, None, beside)
    targets, rank = model.adapter.target_modules, model.adapter.rank
    return Weights(whole, sum(rank * sum(shape) for shape in _adapted(shapes, targets)), beside)


def from_scratch(model: FromScratch) -> Weights:
    """Return the weights of a model trained from scratch: at most, since a tokenizer may learn
    fewer tokens than it is allowed."""
    width, layers = WIDTHS[model.size], DEPTH[model.size]
    attention = 4 * width**2
    if model.family == "gpt_neox":
        block, last = attention + 4 * width + 8 * width**2 + 5 * width + 4 * width, 2 * width
    else:
        inner = 8 * width // 3 // 8 * 8
        block, last = attention + 3 * width * inner + 2 * width, width
    if model.family == "qwen3":
        block += 2 * (width // max(2, width // HEAD))
    whole = model.vocabulary * width + layers * block + last
    return Weights(whole, None, TOKEN * model.vocabulary)


def _shapes(folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The name and shape of every tensor in a folder's safetensors files, from their headers."""
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as content:
            size = int.from_bytes(content.read(8), "little")
            header: Mapping[str, Any] = json.loads(content.read(min(size, LARGEST_HEADER)))
        for name, tensor in header.items():
            if name != "__metadata__":
                yield name, tuple(int(length) for length in tensor["shape"])


def _size(shape: Sequence[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _adapted(
    shapes: Mapping[str, tuple[int, ...]], targets: Sequence[str] | None
) -> Iterator[tuple[int, ...]]:
    """The shapes of the matrices that get an adapter: those of the named modules, or of all linear
    layers."""
    for name, shape in shapes.items():
        module = name.split(".")[-2:-1]
        linear = not any(part in name for part in NO_ADAPTER)
        if len(shape) == 2 and (linear if targets is None else module and module[0] in targets):
            yield shape


def memory_of(
    scenario: Scenario, weights: Weights | None, workers: int, *, defends: bool = True
) -> Memory | None:
    """Return the memory of a run with so many workers; None if the model's size is unknown, or
    several processes share a model. defends: whether the defender has processes of its own; the
    experiments of a search, which are tasks, do its work too."""
    if weights is None or max(map(scenario.runtime.processes, SHARED)) > 1:
        return None
    device = str(settings(scenario.numerics)["device"])
    model = 0 if device == "cuda" else weights.training
    worker = OWN + SHARED_PAGES + model
    if scenario.runtime.backend == "serial":
        return Memory(weights.training, worker, worker, 1, device == "cuda")
    placed = Placement(scenario.runtime.resources, device, workers, len(scenario.seeds))
    processes = len(placed.processes()) if defends else workers
    whole = DRIVER + RAY + SHARED_PAGES + processes * (OWN + model)
    return Memory(weights.training, worker, whole, processes, device == "cuda")


def checkpoints_of(job: Job) -> int:
    """Return how many checkpoints a stage stores, at most. A model taken at a dose is a link to its
    removal's checkpoint and takes no space of its own."""
    if isinstance(job, UnlearnJob) and job.along is not None:
        along = job.along
        if along.keeps == "harmless":
            return min(1, len(along.marks))
        kept = len(along.marks) if along.own is None else 2 + (along.keeps == "both")
        return min(kept, len(along.marks))
    return int(isinstance(job, TrainJob | UnlearnJob | MergeJob | PlantJob))


def in_words(memory: Memory | None, disk: int | None) -> list[str]:
    """Return lines on the memory and the disk of a plan; what is not known is said."""
    return [_memory_line(memory), _disk_line(disk)]


def _memory_line(memory: Memory | None) -> str:
    if memory is None:
        return (
            "memory: not estimated: the model's files are not on this machine, or several "
            "processes share one model"
        )
    train = memory.processes
    each = f" with {train} processes that train, {gib(memory.worker)} each" if train > 1 else ""
    gpu = f", and on the GPU {gib(memory.model)} per process" if memory.gpu else ""
    most = "a batch's activations, which depend on the lengths of the texts, come on top"
    return f"memory: at least {gib(memory.whole)}{each}{gpu}; {most}"


def _disk_line(disk: int | None) -> str:
    if disk is None:
        return "disk: not estimated: the model's files are not on this machine"
    return f"disk: at most {gib(disk)} of checkpoints in the store, and a little text"


def gib(size: float) -> str:
    """Return bytes in GiB, or in MiB below one GiB."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / MIB:.0f} MiB"
