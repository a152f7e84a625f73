"""The role of a tracker: sends a run's settings, losses and results to an experiment tracker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from arena.api.params import Params as NoParams


class Tracker(ABC):
    """One run in an experiment tracker. It is made when the run begins, so its library is imported
    there and not with the module.

    Attributes:
        package: the module that the tracker imports, by which its absence is noticed.
        extra: the extra of this project that installs it; empty for a plug-in's own.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    extra: ClassVar[str] = ""

    class Params(NoParams):
        """No tracker has parameters: each reads its library's own environment variables."""

    @abstractmethod
    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        """Begin.

        Args:
            run: its name. folder: its run folder; files of the tracker's own go below it.
            config: the resolved scenario, logged once.
        """

    @abstractmethod
    def scalar(self, name: str, value: float, step: int) -> None:
        """Log one number; names are paths such as `asr/unlearn:bard/lexical`."""

    def series(self, name: str, values: Sequence[float]) -> None:
        """Log one number per step, from step 0 on: the training loss of one stage."""
        for step, value in enumerate(values):
            self.scalar(name, value, step)

    @abstractmethod
    def finish(self, files: Sequence[Path], failed: bool) -> None:
        """End the run.

        Args:
            files: of the run folder, to be kept as an artifact; empty if the run failed.
        """
