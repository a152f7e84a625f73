"""TensorBoard: event files in the run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.tracker import Tracker
from arena.registry import register


@register("tracker", "tensorboard")
class TensorBoard(Tracker):
    """Event files in `RUN/tensorboard`; `tensorboard --logdir runs` shows all runs. It keeps no
    artifacts: the run folder is beside them."""

    package = "tensorboard"
    extra = "tensorboard"

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))
        text = json.dumps(dict(config), indent=1, ensure_ascii=False)
        self._writer.add_text("scenario", f"```json\n{text}\n```")

    def scalar(self, name: str, value: float, step: int) -> None:
        self._writer.add_scalar(name, value, step)

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        self._writer.close()
