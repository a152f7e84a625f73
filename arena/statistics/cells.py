"""One pair in one seed: what unlearning i did to j, and whether that may be read at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from arena.statistics.seedrows import SeedRows, at_least
from arena.statistics.thresholds import Thresholds

Status = Literal["used", "not_installed", "explained_by_control"]


@dataclass(frozen=True)
class Cell:
    """The pair's numbers in one seed; None where a row is missing or the status forbids it.

    control C_j, unlearned U_ij, sham S_ij (mean over `shams` of them) and floor f_j are rates.
    transfer = odd + specific: the parts that any odd input, and the planted trigger, explain.
    `broad` is the source's, None where not measured.
    """

    seed: int
    status: Status
    control: float | None
    unlearned: float | None
    sham: float | None
    floor: float
    transfer: float | None = None
    odd: float | None = None
    specific: float | None = None
    raw_suppression: float | None = None
    shams: int = 0
    broad: bool | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def cell(rows: SeedRows, source: str, to: str, thresholds: Thresholds) -> Cell | None:
    """The cell of unlearning `source`, effect on `to`; None where the seed did not do it."""
    if source not in rows.unlearned:
        return None
    left = rows.unlearned_asr(source, to)
    shams = rows.sham_asrs(source, to)
    control, floor = rows.control_asr(source, to), rows.floor(to)
    here, there = (rows.installation(actor, thresholds) for actor in (source, to))
    sham = sum(shams) / len(shams) if shams else None
    status = _status(here.installed and there.installed, control, floor, thresholds)
    raw = odd = transfer = specific = None
    if status != "not_installed" and there.asr and left is not None:
        raw = 1 - left / there.asr
    if status == "used" and control is not None:
        transfer = _share(control, left, control - floor)
        odd = _share(control, sham, control - floor)
        specific = None if sham is None else _share(sham, left, control - floor)
    return Cell(
        seed=rows.seed,
        status=status,
        control=control,
        unlearned=left,
        sham=sham,
        floor=floor,
        transfer=transfer,
        odd=odd,
        specific=specific,
        raw_suppression=raw,
        shams=len(shams),
        broad=here.broad,
    )


def cells(
    seeds: Sequence[SeedRows], source: str, to: str, thresholds: Thresholds
) -> tuple[Cell, ...]:
    """The pair's cells over the seeds in which `source` was unlearned."""
    found = (cell(rows, source, to, thresholds) for rows in seeds)
    return tuple(each for each in found if each is not None)


def by_seed(pairs: Iterable[Sequence[Cell]]) -> list[list[Cell]]:
    """The cells of many pairs seed by seed, seeds ascending; within a seed in the pairs' order."""
    found: dict[int, list[Cell]] = {}
    for cells in pairs:
        for each in cells:
            found.setdefault(each.seed, []).append(each)
    return [found[seed] for seed in sorted(found)]


def _status(installed: bool, control: float | None, floor: float, thresholds: Thresholds) -> Status:
    if not installed:
        return "not_installed"
    if control is None:
        return "used"
    gain = control - floor
    enough = gain > 0 and at_least(gain, thresholds.explained_by_control)
    return "used" if enough else "explained_by_control"


def _share(before: float, after: float | None, whole: float) -> float | None:
    return None if after is None else (before - after) / whole
