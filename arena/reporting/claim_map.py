"""The lines of the claim map, from the cells of a grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from arena.reporting.figures.claim_map import MapLine
from arena.reporting.stress_cells import CellView, axes_of
from arena.reporting.wording import axis_value, words
from arena.results.run import RunResults
from arena.results.stress import StressCell


def map_lines(cells: Sequence[CellView]) -> dict[str, list[MapLine]]:
    """Return the cells in which a claim was judged: the centre, then by axis those that differ from
    it on this axis alone; all in one group where there is no such centre."""
    judged = [each for each in cells if each.claim is not None]
    if len(judged) < 2:
        return {}
    varying = {axis: values for axis, values in axes_of(judged).items() if len(values) > 1}
    centre = judged[0]
    moved = {each.id: [a for a in varying if _at(each, a) != _at(centre, a)] for each in judged}
    if any(len(axes) > 1 for axes in moved.values()):
        return {"": [_line(each, _named(each, varying)) for each in judged]}
    groups = {"": [_line(centre, centre.id)]}
    for axis in varying:
        here = [each for each in judged if moved[each.id] == [axis]]
        name = f"{words(axis)}, instead of {words(_at(centre, axis))}"
        groups[name] = [_line(each, axis_value(axis, _at(each, axis))) for each in here]
    return groups


def _named(view: CellView, axes: Iterable[str]) -> str:
    """A cell by its values on some axes, its id without any."""
    return ", ".join(axis_value(axis, _at(view, axis)) for axis in axes) or view.id


def _at(view: CellView, axis: str) -> str:
    return view.cell.axes.get(axis, "")


def _line(view: CellView, name: str) -> MapLine:
    cell = view.cell
    claims = {"least": cell.claim, "most": cell.most}
    known = {dose: claim for dose, claim in claims.items() if claim is not None}
    return MapLine(
        name=name,
        transfer={dose: claim.transfer for dose, claim in known.items()},
        verdicts={dose: claim.verdict or "" for dose, claim in known.items()},
        kept=_kept(view.results),
        depth=_depth(cell),
        installed=view.installed_share,
    )


def _kept(results: RunResults | None) -> float | None:
    """What the clean fine-tune leaves of the other backdoors, mean over usable and explained pairs
    and seeds."""
    pairs = () if results is None else results.transfer
    left = [c.control for pair in pairs for c in pair.per_seed
            if c.control is not None and c.status in ("used", "explained_by_control")]  # fmt: skip
    return fmean(left) if left else None


def _depth(cell: StressCell) -> float | None:
    odds: Mapping[str, float | None] = {a: d.log_odds.value for a, d in cell.depth.items()}
    known = [value for value in odds.values() if value is not None]
    return fmean(known) if known else None
