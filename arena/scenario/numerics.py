"""How and where stages are computed: the sections `numerics` and `runtime`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from arena.api import limits
from arena.scenario.needs import NeedsByKind
from arena.scenario.section import Section


class Numerics(Section):
    """The numerics profile, part of every artifact's address. Settings left at `auto` are measured
    once per machine and model, kept beside the store, and written into the run's scenario.

    threads: threads of each worker. precision: number format of training; bfloat16 uses autocast.
    scoring: number format in which models answer prompts; with bfloat16 their weights are rounded
    to it. compile: use torch.compile, for long stages (takes a minute at first and seconds per
    stage; results repeat only up to rounding). micro_batch: documents per forward pass, if a whole
    batch does not fit (gradients accumulate). checkpointing: recompute activations to save memory.
    device: `auto` is cuda if torch finds a CUDA device.
    """

    threads: Annotated[int, Field(ge=1, le=limits.THREADS)] | Literal["auto"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    scoring: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    micro_batch: Annotated[int, Field(ge=1, le=limits.BATCH)] | None = None
    checkpointing: bool = False


class RuntimeSettings(Section):
    """Where stages run. backend: Ray actors, or one process. workers: processes; null is cores //
    threads (with `--address`, the cluster's cores). resources: what a stage reserves, by kind of
    stage (`train: {gpus: 1, memory: 16GiB}`); `default` is for kinds without an entry. artifacts:
    whether all nodes share the store's folder, or are sent the inputs of their stages. trackers:
    experiment trackers to which `arena run` and each cell of `arena stress` also log settings,
    training losses, ASR and T; each needs its own extra (running.md)."""

    backend: Literal["ray", "serial"] = "ray"
    workers: Annotated[int, Field(ge=1, le=limits.WORKERS)] | None = None
    resources: NeedsByKind = {}
    artifacts: Literal["shared", "sent"] = "shared"
    trackers: tuple[str, ...] = ()

    def processes(self, kind: str) -> int:
        """Return the number of processes that share the model of a stage of this kind."""
        needs = self.resources.get(kind)
        return (needs and needs.processes) or 1

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # a mapping has no hash of its own
