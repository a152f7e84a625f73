"""The base of every kind of stage: its work as a plain picklable value.

A kind is one class in one file: its fields are all that decides the outcome beside the parents
(arena.store.identity makes the address of them), `run` is the work, and what it takes of a machine
stands beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

Inputs = Mapping[str, Path]
Progress = Callable[[int], None]
Detail = dict[str, Any]  # what a manifest remembers of a finished stage: JSON values


@dataclass(frozen=True)
class Resources:
    """What a stage takes of a machine.

    model: it needs a process with torch and the device; otherwise it works on text alone.
    typical_steps: its duration in training steps of the same model (nano, two cores), a first
    estimate until such a stage was timed; for stages without steps of their own.
    """

    model: bool = True
    typical_steps: int = 10


class Job(ABC):
    """Pure work of one stage: parents' folders in, files out. Subclasses are frozen dataclasses.

    by_content: whether the outcome depends on nothing of the parents but their files' names and
    bytes (not on their manifests); equal work on equal files is then done once.
    """

    kind: ClassVar[str]
    resources: ClassVar[Resources] = Resources()
    by_content: ClassVar[bool] = False

    @property
    def steps(self) -> int | None:
        """Optimiser steps that it takes at most; None where it does not train."""
        return None

    @abstractmethod
    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        """Do the work and write its files below `out`.

        Args:
            inputs: the folders of the parents, by the role that each plays.
            progress: called with the optimiser steps done so far.

        Returns:
            What the manifest should remember.
        """
