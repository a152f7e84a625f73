"""Weights & Biases, offline unless `WANDB_MODE` says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.tracker import Tracker
from arena.registry import register


@register("tracker", "wandb")
class WandB(Tracker):
    """A run in `RUN/wandb`, which `wandb sync` uploads; with WANDB_MODE=online it is uploaded as it
    goes."""

    package = "wandb"
    extra = "wandb"

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        import wandb

        self._folder = folder
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "backdoor-arena"),
            name=run,
            dir=str(folder),
            config=dict(config),
            mode=os.environ.get("WANDB_MODE", "offline"),
            settings=wandb.Settings(silent=True, console="off"),
        )

    def scalar(self, name: str, value: float, step: int) -> None:
        """Log with a step of its own, since W&B's own step only goes forward."""
        self._run.define_metric(name, step_metric=f"step/{name}")
        self._run.log({name: value, f"step/{name}": step})

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        import wandb

        if files:
            artifact = wandb.Artifact(f"run-{self._run.id}", type="run")
            for file in files:
                artifact.add_file(str(file), name=file.relative_to(self._folder).as_posix())
            self._run.log_artifact(artifact)
        self._run.finish(exit_code=int(failed))
