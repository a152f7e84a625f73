"""The claim over a whole grid: every cell's pairs together, by axis, and what would change it.

The seed stays the unit: a seed's T is the mean over its usable pairs in all cells, since cells
of one seed share data, base and prompts. Pairs of all cells are one family for Holm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.statistics.cells import Cell, by_seed
from arena.statistics.claim import SEEDS_NOTE, STATEMENT, seeds_needed
from arena.statistics.power import seeds_for_interval
from arena.statistics.thresholds import MIN_SEEDS, MIN_SHAMS, Thresholds
from arena.statistics.verdicts import (
    VERDICTS,
    Evidence,
    decide,
    gather,
    with_holm,
    within_seeds,
)


@dataclass(frozen=True)
class Judged:
    """A finished cell of the grid: its place on every axis, its results, actors' methods and
    payloads (as in YAML), and whether the verdict looks at it or only the averages by axis do."""

    id: str
    axes: Mapping[str, str]
    results: Mapping[str, Any]
    methods: Mapping[str, str]
    payloads: Mapping[str, Mapping[str, Any]]
    counts: bool = True


@dataclass(frozen=True)
class _Pair:
    cell: str  # of the grid
    groups: Mapping[str, str]  # axis -> where this pair stands on it
    cells: tuple[Cell, ...]
    counts: bool

    @property
    def usable(self) -> bool:
        """Whether any seed has a T."""
        return any(cell.transfer is not None for cell in self.cells)


def judge_grid(cells: Sequence[Judged], thresholds: Thresholds) -> dict[str, Any]:
    """The claim as it stands in a stress run's results (docs/results.md)."""
    every = [pair for cell in cells for pair in _pairs(cell)]
    counting = [pair for pair in every if pair.counts]
    pairs = _where_something_can_be_read(counting)
    evidence = gather(by_seed(pair.cells for pair in pairs), thresholds)
    verdict, reason = decide(evidence, thresholds)
    each = with_holm([gather([[c] for c in pair.cells], thresholds) for pair in pairs])
    counted = Counter(decide(found, thresholds)[0] for found in each)
    transfers = within_seeds(by_seed(pair.cells for pair in pairs), "transfer")
    return {
        "statement": STATEMENT,
        "verdict": verdict,
        "verdict_reason": reason,
        "pairs": {name: counted[name] for name in VERDICTS if counted[name]},
        "seeds": evidence.used,
        **evidence.estimates_json(),
        "not_installed": evidence.not_installed,
        "explained_by_control": evidence.explained,
        "by": _by_axis(every, thresholds),
        "power": seeds_for_interval(transfers),
        "would_change": list(_would_change(pairs, evidence, each, thresholds)),
        "notes": [*_left_out(counting, pairs), *_notes([cell for cell in cells if cell.counts])],
    }


def _where_something_can_be_read(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Without the cells of the grid that have no T at all: where actors cannot reside together
    there is nothing to judge, and their number must not decide the verdict over the rest. All
    of them where no cell has any, so that the verdict says why."""
    there = {pair.cell for pair in pairs if pair.usable}
    return [pair for pair in pairs if pair.cell in there] or list(pairs)


def _left_out(counting: Sequence[_Pair], pairs: Sequence[_Pair]) -> Iterator[str]:
    away = dict.fromkeys(pair.cell for pair in counting)
    for pair in pairs:
        away.pop(pair.cell, None)
    if away:
        yield (
            f"no pair can be read in {', '.join(away)} (not installed, or explained by the "
            "control): left out of the verdict"
        )


def _pairs(cell: Judged) -> Iterator[_Pair]:
    # By name, so that sums do not depend on the order of the actors.
    for pair in sorted(cell.results["transfer"], key=lambda pair: (pair["from"], pair["to"])):
        source, to = cell.methods[pair["from"]], cell.methods[pair["to"]]
        alike = _alike(cell.payloads[pair["from"]], cell.payloads[pair["to"]])
        own = {"method": to, "method_pair": f"{source} > {to}", "payload_pair": alike}
        groups = {**cell.axes, **own}
        found = tuple(Cell(**each) for each in pair["per_seed"])
        yield _Pair(cell.id, groups, found, cell.counts)


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What two actors' payloads have in common: a behaviour that both planted may go as one."""
    if one == other:
        return "same payload"
    return "same kind" if one["kind"] == other["kind"] else "other kind"


def _by_axis(pairs: Sequence[_Pair], thresholds: Thresholds) -> dict[str, Any]:
    """Averages along every axis on which the pairs differ; by method always. Of an ablation
    only what no other cell shows: where it stands on its own axis."""
    axes = dict.fromkeys(axis for pair in pairs for axis in pair.groups)
    found = {}
    for axis in axes:
        values = dict.fromkeys(pair.groups[axis] for pair in pairs if axis in pair.groups)
        if len(values) > 1 or axis == "method":
            found[axis] = {value: _group(pairs, axis, value, thresholds) for value in values}
    return found


def _group(pairs: Sequence[_Pair], axis: str, value: str, thresholds: Thresholds) -> Any:
    there = [pair for pair in pairs if pair.groups.get(axis) == value]
    chosen = [pair for pair in there if pair.counts] or there
    evidence = gather(by_seed(pair.cells for pair in chosen), thresholds)
    return {
        "pairs": len(chosen),
        "seeds": evidence.used,
        **evidence.estimates_json(),
        "not_installed": evidence.not_installed,
        "explained_by_control": evidence.explained,
    }


def _would_change(
    pairs: Sequence[_Pair],
    evidence: Evidence,
    each: Sequence[Evidence],
    thresholds: Thresholds,
) -> Iterator[str]:
    if not pairs:
        yield "a cell in which a trigger is unlearned beside another actor"
        return
    if evidence.used < MIN_SEEDS:
        yield f"at least {MIN_SEEDS} usable seeds (there are {evidence.used})"
    low, high = evidence.transfer.low, evidence.transfer.high
    if low is not None and high is not None:
        yield from _of_interval(low, high, thresholds)
    specific = evidence.specific
    if low is not None and low > thresholds.generalizes and specific.low is not None:
        if specific.low <= thresholds.specific:
            yield (
                f"a specific part whose interval lies above {thresholds.specific:g} (it begins "
                f"at {specific.low:.2f}): look-alikes nobody planted suppress about as much"
            )
        else:
            yield "look-alikes that suppress as much as the planted triggers do"
    if evidence.not_installed > 0:
        yield f"installing what was not: {evidence.not_installed:.0%} of the cells are left out"
    if evidence.explained > 0:
        yield (
            f"a clean fine-tune that leaves more: in {evidence.explained:.0%} of the cells it "
            "explains the drop by itself"
        )
    if any(c.shams < MIN_SHAMS for pair in pairs for c in pair.cells):
        yield f"at least {MIN_SHAMS} shams a method: without them specificity is not claimed"
    family = sum(found.used >= MIN_SEEDS for found in each) or len(pairs)
    generalizes, fails = seeds_needed(thresholds, family)
    yield (
        f"for one of the {family} pairs by itself: {_seeds(generalizes)} to be called "
        f"generalizing, {_seeds(fails)} failing, if all agree (Holm)"
    )


def _seeds(n: int | None) -> str:
    return "more than 400 seeds" if n is None else f"{n} seeds"


def _of_interval(low: float, high: float, thresholds: Thresholds) -> Iterator[str]:
    if low > thresholds.generalizes:
        yield f"seeds, actors or models with T below {thresholds.generalizes:g}"
    elif high < thresholds.fails:
        yield f"seeds, actors or models with T above {thresholds.fails:g}"
    elif high > thresholds.generalizes or low < thresholds.fails:
        yield (
            f"a narrower interval: [{low:.2f}, {high:.2f}] reaches over a threshold "
            f"({thresholds.fails:g}, {thresholds.generalizes:g})"
        )
    else:
        yield (
            f"nothing that only adds seeds: T in [{low:.2f}, {high:.2f}] lies between "
            f"{thresholds.fails:g} and {thresholds.generalizes:g}, in part suppressed"
        )


def _notes(cells: Sequence[Judged]) -> Iterator[str]:
    """What the cells with a pair note: once where all do, else with the cells that do. How many
    seeds a pair needs is a matter of the whole grid."""
    judged = [cell for cell in cells if cell.results["transfer"]]
    said: dict[str, list[str]] = {}
    for cell in judged:
        for note in cell.results["claim"]["notes"]:
            if not note.startswith(SEEDS_NOTE):
                said.setdefault(note, []).append(cell.id)
    for note, ids in said.items():
        yield note if len(ids) == len(judged) else f"{note} ({', '.join(ids)})"
