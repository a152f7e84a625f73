"""T of runs side by side: over all pairs, in each pair, and in each cell of stress runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from arena.reporting import palette
from arena.reporting.claim_card import DOSES, ShownTransfer, judged_claims
from arena.results.claim import Claim, Judgement
from arena.results.numbers import Shown
from arena.results.pairs import Pair
from arena.results.reader import Results
from arena.results.rows import Which
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.view.place import Place
from arena.view.seed_values import (
    PARTS,
    ByCell,
    Difference,
    Part,
    What,
    cell_values,
    difference,
    pair_values,
    values_of,
)

Compared = tuple[Place, Results]
LABELS: Mapping[Part, str] = {"transfer": "T", "odd": "odd", "specific": "specific"}
OTHER_SHAMS = Difference(why="split by another kind of sham")


@dataclass(frozen=True, slots=True)
class Entry:
    """A run's number. values: behind it, by cell and seed. shams: that a part of T is by.
    difference: from the first run's number; None for the first run itself."""

    shown: Shown
    values: ByCell
    verdict: palette.Verdict | None = None
    shams: str = ""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A line: what is compared, and each run's entry (None if it has no such number)."""

    name: str
    entries: Sequence[Entry | None]


def claims_of(results: Results) -> dict[Which, Judgement]:
    """Return the claims of a run or stress run by dose; empty for other results."""
    by_dose = zip(DOSES, judged_claims(results), strict=True)
    return {dose: claim for dose, claim in by_dose if claim is not None}


def transfer_lines(runs: Sequence[Compared]) -> Iterator[Comparison]:
    """Return T and its parts at both doses over all pairs, then T of each pair of runs, then of
    each cell of stress runs (at `least`)."""
    for dose in DOSES:
        for part in PARTS:
            entries = [_whole(place, results, part, dose) for place, results in runs]
            yield from _line(f"{LABELS[part]} over all pairs, {dose}", entries)
    for name in _names(_pairs(results) for _, results in runs):
        yield from _line(f"T {name}", [_pair(results, name) for _, results in runs])
    for name in _names(_cells(results) for _, results in runs):
        yield from _line(f"T in cell {name}", [_cell(*run, name) for run in runs])


def _line(name: str, entries: Sequence[Entry | None]) -> Iterator[Comparison]:
    """A line with each run's difference from the first; none if no run has the number."""
    if any(entries):
        first = entries[0]
        yield Comparison(name, [first, *(_against(first, each) for each in entries[1:])])


def _against(first: Entry | None, other: Entry | None) -> Entry | None:
    if first is None or other is None or None in (first.shown.value, other.shown.value):
        return other
    same = first.shams == other.shams
    return replace(
        other, difference=difference(first.values, other.values) if same else OTHER_SHAMS
    )


def _whole(place: Place, results: Results, part: Part, dose: Which) -> Entry | None:
    """A number over all pairs of a run, and over all cells of a stress run."""
    claim = claims_of(results).get(dose)
    if claim is None:
        return None
    values = values_of(place, results, What(part, dose, claim.split_by))
    shown: Shown = getattr(ShownTransfer.of(claim), part)
    if part == "transfer":
        return Entry(shown, values, palette.verdict(claim.verdict))
    return (
        Entry(shown, values, shams=f"{claim.split_by} shams") if shown.value is not None else None
    )


def _pair(results: Results, name: str) -> Entry | None:
    pair = _pairs(results).get(name)
    if pair is None:
        return None
    values = {"": pair_values(pair, What())}
    return Entry(Shown.of(pair.transfer), values, palette.verdict(pair.verdict))


def _cell(place: Place, results: Results, name: str) -> Entry | None:
    claim = _cells(results).get(name)
    if claim is None:
        return None
    folders = {each.folder.name: each.folder for each in place.cells()}
    values = {name: cell_values(folders[name], What())} if name in folders else {}
    return Entry(Shown.of(claim.transfer), values, palette.verdict(claim.verdict))


def _pairs(results: Results) -> dict[str, Pair]:
    pairs = results.transfer if isinstance(results, RunResults) else ()
    return {f"{pair.source} → {pair.to}": pair for pair in pairs}


def _cells(results: Results) -> dict[str, Claim]:
    cells = results.cells if isinstance(results, StressResults) else ()
    return {cell.id: cell.claim for cell in cells if cell.claim is not None}


def _names(known: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for each in known for name in each))
