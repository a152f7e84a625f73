"""Resources of stages: `runtime.resources`, by kind of stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from arena.scenario.problems import Violation, refuse
from arena.scenario.section import PositiveFraction, Section
from arena.store.sizes import EXAMPLES, bytes_of

# Kinds of stage with a model (a test compares them with the jobs); text stages reserve nothing.
KINDS = (
    "train", "unlearn", "score", "discover", "merge", "plant", "scalar", "pointer",
    "depth", "received", "answers", "checkable",
    "quiet", "reactivate", "represent",
)  # fmt: skip
CPUS = 4_096  # cores of the largest machines
DEFAULT = "default"  # the entry for all kinds without their own, those of plug-ins included


def _size(text: str) -> str:
    if not bytes_of(text):
        refuse("memory", [Violation((), "must be a size", text, EXAMPLES)], text)
    return text


Size = Annotated[str, AfterValidator(_size)]


class Needs(Section):
    """Resources of one stage; null is nothing, except that gpus is 1 if `numerics.device` is cuda.

    cpus: cores. gpus: share of one GPU; below 1, stages share it. memory: of the machine (16GiB).
    """

    cpus: Annotated[float, Field(gt=0, le=CPUS)] | None = None
    gpus: PositiveFraction | None = None
    memory: Size | None = None

    @property
    def bytes(self) -> int:
        """Return `memory` in bytes; 0 if not set."""
        return bytes_of(self.memory) or 0 if self.memory else 0

    def over(self, other: Needs) -> Needs:
        """Return these needs, with those of `other` for values that are not set."""
        return other.model_copy(update=self.model_dump(exclude_none=True))


def _known(needs: Mapping[str, Needs]) -> Mapping[str, Needs]:
    allowed = (DEFAULT, *KINDS)
    rule = "no kind of stage with a model has this name"
    problems = [Violation((kind,), rule, kind, allowed) for kind in needs if kind not in allowed]
    if problems:
        refuse("resources", problems)
    return needs


NeedsByKind = Annotated[Mapping[str, Needs], AfterValidator(_known)]
