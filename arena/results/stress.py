"""The results of a stress run: every cell of a grid, and the claim over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.results.base import SCHEMA_VERSION, Named, Part
from arena.results.brief import Brief, claimed, counted
from arena.results.claim import Claim, GridClaim, VerdictThresholds
from arena.results.curves import AlongDose, DoseSpan
from arena.results.estimate import Estimate
from arena.results.measures import Measures
from arena.results.planting import Depth, Survival
from arena.results.rows import Which
from arena.results.scenario import ScenarioRecord

CellStatus = Literal["done", "failed", "not_applicable"]


class Cases(Part):
    """Cases (a pair in a seed of a cell): how many have a T, of all."""

    used: int = 0
    all: int = 0


class Contrast(Part):
    """One value of an axis minus another, paired by seed: T averaged over a seed's usable pairs in
    the cells with that value, compared with cells that are equal on all other axes.

    Attributes:
        of, against: the two values; the difference is `of` minus `against`.
        dose: at which T was taken; None if removals have a single dose.
        difference: mean over the `seeds` in which both have a T, with its t interval. p: of the
            exact sign-flip test, two-sided. adjusted_p: by Holm over the axis's contrasts, at both
            doses.
        matched: the same over the pairs (in a seed of a cell) that are usable on both sides.
        cases, cases_against: of the two values.
        outcome: `ahead`, `behind`, `equal` (within the margin) or `inconclusive`. reason: why it is
            inconclusive.
        primary: whether the grid was registered for this contrast; it is then tested by itself.
        margin: the largest difference that was registered as none; None if there was no margin.
        per_seed: the differences of the `seeds`.
    """

    axis: str
    of: str
    against: str
    dose: Which | None = None
    difference: Estimate = Estimate()
    p: float | None = None
    adjusted_p: float | None = None
    matched: Estimate = Estimate()
    seeds: tuple[int, ...] = ()
    per_seed: tuple[float, ...] = ()
    cases: Cases = Cases()
    cases_against: Cases = Cases()
    outcome: str = ""
    reason: str = ""
    primary: bool = False
    margin: float | None = None


class Coexistence(Part):
    """Of `seeds`, in how many all actors are `installed`, and in how many of these the clean
    fine-tune also leaves each of them the ASR that `dose.kept` asks for (at the dose `least`)."""

    seeds: int = 0
    installed: int = 0
    kept: int = 0


class StressCell(Part):
    """One cell of the grid.

    Attributes:
        axes: axis -> the value's name.
        reason: why it failed or does not apply.
        counts: whether the verdict includes it; an ablation is only shown.
        claim: its own; None if nothing is unlearned. most: the same at the dose `most`; None if
            there is one dose.
        installed: by actor, whether in most seeds.
        coexistence: in how many seeds all of them are; None if nothing is unlearned.
        asr: by actor, before anything is unlearned. poison: by actor, in words. depth: by actor.
        over_doses: T and its control values at every dose, as in a run; empty if removals have one
            dose. dose_spans: where the doses `least` and `most` lie.
        survival: of backdoors after trainings by others.
    """

    id: str
    axes: Named[str] = {}
    status: CellStatus
    reason: str | None = None
    counts: bool = True
    claim: Claim | None = None
    most: Claim | None = None
    installed: Named[bool] = {}
    coexistence: Coexistence | None = None
    asr: Named[Estimate] = {}
    poison: Named[str] = {}
    depth: Named[Depth] = {}
    over_doses: tuple[AlongDose, ...] = ()
    dose_spans: Named[DoseSpan] = {}
    survival: tuple[Survival, ...] = ()
    seconds: float | None = None


class StressSeconds(Part):
    """Seconds of the whole command."""

    total: float | None = None


class StressResults(Brief, Part):
    """results.json of a stress run.

    Attributes:
        claim: over all cells that count; at the dose `least` where removals are scored along their
            way. most: the same at `most`, over the cells that have it; None if none has.
        contrasts: between the values of every axis of the grid with two or more.
        measures: findings over all cells that count.
        notes: on the whole, such as that it is a part, or what is missing.
    """

    schema_version: int = SCHEMA_VERSION
    kind: Literal["stress"] = "stress"
    scenario: ScenarioRecord = ScenarioRecord()
    seeds: tuple[int, ...] = ()
    actors: tuple[str, ...] = ()
    claim: GridClaim | None = None
    most: GridClaim | None = None
    contrasts: tuple[Contrast, ...] = ()
    cells: tuple[StressCell, ...] = ()
    measures: Measures = {}
    thresholds: VerdictThresholds = VerdictThresholds()
    environment: Mapping[str, JsonValue] = {}
    seconds: StressSeconds = StressSeconds()
    notes: tuple[str, ...] = ()

    def _headline(self) -> str:
        failed = sum(cell.status == "failed" for cell in self.cells)
        whole = (
            self.scenario.name,
            counted(len(self.cells), "cell") + (f" ({failed} failed)" if failed else ""),
            counted(len(self.seeds), "seed"),
            claimed(self.claim),
        )
        return ", ".join(filter(None, whole))
