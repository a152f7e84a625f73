"""Resources of stages: `runtime.resources`, by kind of stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from arena.api import limits
from arena.scenario.problems import Violation, refuse
from arena.scenario.section import PositiveFraction, Section
from arena.store.sizes import EXAMPLES, bytes_of

# Kinds of stage with a model (a test compares them with the jobs); text stages reserve nothing.
KINDS = (
    "train", "unlearn", "score", "rates", "discover", "merge", "plant", "scalar", "pointer",
    "depth", "received", "answers", "checkable",
    "quiet", "reactivate", "represent", "discovered",
)  # fmt: skip
SHARED = ("train", "unlearn")  # kinds whose model several processes can share
CPUS = 4_096  # cores of the largest machines
DEFAULT = "default"  # the entry for all kinds without their own, those of plug-ins included


def _size(text: str) -> str:
    if not bytes_of(text):
        refuse("memory", [Violation((), "must be a size", text, EXAMPLES)], text)
    return text


Size = Annotated[str, AfterValidator(_size)]


class Needs(Section):
    """Resources of one stage; null is nothing, except that gpus is 1 if `numerics.device` is cuda.

    cpus: cores. gpus: share of one GPU; below 1, stages share it. memory: main memory (16GiB).
    processes: number of processes over which a model is sharded that does not fit into one; under
    cuda each has its own GPU. It is part of the address of the stages.
    """

    cpus: Annotated[float, Field(gt=0, le=CPUS)] | None = None
    gpus: PositiveFraction | None = None
    memory: Size | None = None
    processes: Annotated[int, Field(ge=1, le=limits.SHARDS)] | None = None

    @property
    def bytes(self) -> int:
        """Return `memory` in bytes; 0 if not set."""
        return bytes_of(self.memory) or 0 if self.memory else 0

    def over(self, other: Needs) -> Needs:
        """Return these needs, with those of `other` for values that are not set."""
        return other.model_copy(update=self.model_dump(exclude_none=True))


def _sharing(kind: str, needs: Needs) -> Iterator[Violation]:
    """Why stages of a kind cannot share a model over the processes that they ask for."""
    if kind not in SHARED:
        rule = "only stages that train in the arena's own loop can share a model"
        yield Violation((kind, "processes"), rule, kind, SHARED)
    if needs.gpus is not None:
        rule = "cannot be set beside processes, each of which has a GPU of its own"
        yield Violation((kind, "gpus"), rule, f"{needs.gpus:g}", ("null",))


def _known(needs: Mapping[str, Needs]) -> Mapping[str, Needs]:
    allowed = (DEFAULT, *KINDS)
    rule = "no kind of stage that uses a model has this name"
    problems = [Violation((kind,), rule, kind, allowed) for kind in needs if kind not in allowed]
    problems += [
        problem for kind, own in needs.items() if own.processes for problem in _sharing(kind, own)
    ]
    if problems:
        refuse("resources", problems)
    return needs


NeedsByKind = Annotated[Mapping[str, Needs], AfterValidator(_known)]
