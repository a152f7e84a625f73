"""The one writer of results files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from arena.results.reader import FILE, Results


def as_json(results: Results) -> dict[str, Any]:
    """Return the plain values of a results file; values that are not finite become None."""
    values: dict[str, Any] = _finite(results.model_dump(mode="json", by_alias=True))
    return values


def write_results(folder: Path, results: Results) -> Path:
    """Write results.json into a folder, whole or not at all, and return its path."""
    path, aside = folder / FILE, folder / f"{FILE}.part"
    text = json.dumps(as_json(results), indent=1, ensure_ascii=False, allow_nan=False)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
    return path


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
