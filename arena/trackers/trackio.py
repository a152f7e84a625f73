"""Trackio: Hugging Face's local tracker, with W&B's calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.tracker import Tracker
from arena.registry import register


@register("tracker", "trackio")
class Trackio(Tracker):
    """A run of the project `backdoor-arena` in Trackio's own folder; `trackio show` shows it. The
    run folder's path is logged with it, in place of an artifact."""

    package = "trackio"
    extra = "trackio"

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        import trackio

        settings = {**config, "run_folder": str(folder.resolve())}
        self._run: Any = trackio.init(project="backdoor-arena", name=run, config=settings)

    def scalar(self, name: str, value: float, step: int) -> None:
        self._run.log({name: value}, step=step)

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        self._run.finish()
