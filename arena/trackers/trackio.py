"""Trackio: Hugging Face's local tracker, with W&B's calls."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.tracker import Tracker
from arena.registry import register


@register("tracker", "trackio")
class Trackio(Tracker):
    """A run of the project `backdoor-arena` in Trackio's own folder; `trackio show` shows it. The
    run folder's path is logged with it, in place of an artifact. What Trackio prints is dropped:
    standard output is for results."""

    package = "trackio"
    extra = "trackio"

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        import trackio

        settings = {**config, "run_folder": str(folder.resolve())}
        with contextlib.redirect_stdout(io.StringIO()):
            self._run: Any = trackio.init(
                project="backdoor-arena",
                name=run,
                config=settings,
                embed=False,  # in a notebook it would start its web server
                auto_log_cpu=False,
                auto_log_gpu=False,
            )

    def scalar(self, name: str, value: float, step: int) -> None:
        self._run.log({name: value}, step=step)

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        import trackio

        with contextlib.redirect_stdout(io.StringIO()):
            trackio.finish()  # the run's own `finish` would be called, and print, once more at exit
