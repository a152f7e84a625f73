"""What a run found, without what differs from one run to the next: its seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def outcome(folder: Path) -> Any:
    """Return results.json of a run's folder as plain values, without times."""
    return _timeless(json.loads((folder / "results.json").read_text(encoding="utf-8")))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key != "seconds"}
    return [_timeless(each) for each in value] if isinstance(value, list) else value
