"""The training losses of a stage, a file in its artifact: one number per optimiser step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

FILE = "losses.json"
DIGITS = 6  # significant


def write_losses(out: Path, losses: Sequence[float]) -> None:
    """Write the losses into an artifact's folder."""
    (out / FILE).write_text(json.dumps([float(f"{loss:.{DIGITS}g}") for loss in losses]))


def read_losses(artifact: Path) -> tuple[float, ...]:
    """Return the losses of an artifact; empty if its stage does not train, or is of a version that
    kept none."""
    try:
        return tuple(json.loads((artifact / FILE).read_text()))
    except (OSError, ValueError):
        return ()
