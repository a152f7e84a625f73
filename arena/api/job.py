"""The base of every kind of stage: its work as a plain picklable value.

A kind of stage is one class in one file. Its fields and its parents alone decide the outcome
(arena.store.identity makes the address from them), `run` does the work, and the class also states
the resources that it needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

Inputs = Mapping[str, Path]
Progress = Callable[[int], None]
Detail = dict[str, Any]  # what a manifest records about a finished stage: JSON values


@dataclass(frozen=True)
class Resources:
    """What a stage needs of a machine.

    model: it needs a process with torch and the device; otherwise it works on text alone.
    typical_steps: its duration in training steps of the same model (nano, two cores), for stages
    without steps of their own: an estimate until such a stage has been timed.
    """

    model: bool = True
    typical_steps: int = 10


class Job(ABC):
    """The work of one stage, without side effects: parents' folders in, files out. Subclasses are
    frozen dataclasses.

    by_content: whether the outcome depends only on the names and bytes of the parents' files, not
    on their manifests; equal work on equal files is then done once.
    """

    kind: ClassVar[str]
    resources: ClassVar[Resources] = Resources()
    by_content: ClassVar[bool] = False

    @property
    def steps(self) -> int | None:
        """Return the maximum number of optimiser steps; None if the stage does not train."""
        return None

    @abstractmethod
    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        """Do the work, write its files below `out` and return what the manifest records.

        Args:
            inputs: the folders of the parents, by their roles.
            progress: called with the optimiser steps done so far.

        Returns:
            What the manifest records (JSON values).
        """
