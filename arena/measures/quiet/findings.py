"""What `results.json` keeps of the quiet measure."""

from __future__ import annotations

from arena.api.measure import MeasureFindings
from arena.api.values import RowKind
from arena.results.base import Part
from arena.results.estimate import Estimate


class QuietRow(Part):
    """ASR of one actor in one model, measured in four ways; None where the trigger's method lacks
    it."""

    kind: RowKind
    target: str | None = None
    actor: str
    greedy: Estimate = Estimate()
    sampled: Estimate = Estimate()
    repeated: Estimate | None = None
    moved: Estimate | None = None


class QuietFindings(MeasureFindings):
    """Rates by model and actor. draws: continuations per prompt sampled at `temperature`."""

    temperature: float | None = None
    draws: int | None = None
    rows: tuple[QuietRow, ...] = ()
