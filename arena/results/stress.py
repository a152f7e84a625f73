"""The results of a stress run: every cell of a grid, and the claim over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.results.base import Named, Part
from arena.results.claim import Claim, GridClaim, VerdictThresholds
from arena.results.estimate import Estimate
from arena.results.measures import Measures
from arena.results.run import SCHEMA_VERSION
from arena.results.scenario import ScenarioRecord

CellStatus = Literal["done", "failed", "not_applicable"]


class StressCell(Part):
    """One cell of the grid.

    Attributes:
        axes: axis -> the value's name.
        reason: why it failed or does not apply.
        counts: whether the verdict looks at it; an ablation is only shown.
        claim: its own; None where nothing is unlearned.
        installed: by actor, whether in most seeds.
        asr: by actor, before anything is unlearned. poison: by actor, in words.
    """

    id: str
    axes: Named[str] = {}
    status: CellStatus
    reason: str | None = None
    counts: bool = True
    claim: Claim | None = None
    installed: Named[bool] = {}
    asr: Named[Estimate] = {}
    poison: Named[str] = {}
    seconds: float | None = None


class StressSeconds(Part):
    """Seconds of the whole command."""

    total: float | None = None


class StressResults(Part):
    """results.json of a stress run. measures: findings over all cells that count."""

    schema_version: int = SCHEMA_VERSION
    kind: Literal["stress"] = "stress"
    scenario: ScenarioRecord = ScenarioRecord()
    seeds: tuple[int, ...] = ()
    actors: tuple[str, ...] = ()
    claim: GridClaim | None = None
    cells: tuple[StressCell, ...] = ()
    measures: Measures = {}
    thresholds: VerdictThresholds = VerdictThresholds()
    environment: Mapping[str, JsonValue] = {}
    seconds: StressSeconds = StressSeconds()
