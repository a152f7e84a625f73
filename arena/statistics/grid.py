"""The claim over a whole grid: all cells' pairs together, by axis, and what would change the
verdict.

The seed is the unit of analysis: a seed's T is the mean over its usable pairs in all cells, since
cells of one seed share data, base and prompts. Pairs of all cells are one family for Holm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from arena.results.claim import GridClaim, GridGroup
from arena.results.numbers import decimals
from arena.results.pairs import PairSeed
from arena.results.rows import Which
from arena.results.run import AtDose, RunResults
from arena.statistics.claim import LEFT_OUT_NOTE, STATEMENT, count_verdicts
from arena.statistics.power import SEEDS_NOTE, seeds_for_interval, seeds_needed
from arena.statistics.thresholds import MIN_SEEDS, Thresholds
from arena.statistics.transfer import (
    Evidence,
    decide,
    evidence_of,
    fewest_targets,
    seed_means,
    targets_of,
    with_holm,
)


@dataclass(frozen=True)
class FinishedCell:
    """A finished cell of the grid: its value on every axis, its results, and whether the verdict
    includes it (`counts`) or only the averages by axis do."""

    id: str
    axes: Mapping[str, str]
    results: RunResults
    counts: bool = True

    def at(self, which: Which) -> AtDose | None:
        """Return its findings at one dose of the verdicts; with a single dose they are all at
        `least`."""
        if which == "most":
            return self.results.most
        return AtDose(transfer=self.results.transfer, claim=self.results.claim)


@dataclass(frozen=True)
class _CellPair:
    """A pair of one cell; `to`: whose backdoor may be suppressed; `axes`: of its cell; `groups`:
    axis -> its value for this pair, the same in all seeds."""

    cell: str
    to: str
    axes: Mapping[str, str]
    groups: Mapping[str, str]
    per_seed: tuple[PairSeed, ...]
    counts: bool

    def value(self, axis: str, case: PairSeed) -> str | None:
        """Return the value of one of its seeds on an axis; None if unknown."""
        by_seed = OF_A_SEED.get(axis)
        return self.groups.get(axis) if by_seed is None else by_seed(case)

    def elsewhere(self, axis: str) -> tuple[tuple[str, str], ...]:
        """Return its cell's values on all other axes."""
        return tuple((name, value) for name, value in self.axes.items() if name != axis)

    def at(self, axis: str, value: str) -> _CellPair | None:
        """Return the pair, restricted to the seeds with this value on an axis; None without any."""
        there = tuple(case for case in self.per_seed if self.value(axis, case) == value)
        return replace(self, per_seed=there) if there else None

    @property
    def usable(self) -> bool:
        """Return whether any seed has a T."""
        return any(case.transfer is not None for case in self.per_seed)


def judge_grid(
    cells: Sequence[FinishedCell], thresholds: Thresholds, which: Which = "least"
) -> GridClaim:
    """Return the claim over all cells that count.

    Args:
        which: dose of the verdicts; cells without this dose are left out.
    """
    found = [(cell, at_dose) for cell in cells if (at_dose := cell.at(which)) is not None]
    every = [pair for cell, at_dose in found for pair in _pairs(cell, at_dose)]
    counting = [pair for pair in every if pair.counts]
    pairs = _of_usable_cells(counting)
    evidence = _evidence(pairs, thresholds)
    verdict, reason = decide(evidence, thresholds)
    family = with_holm([_evidence([pair], thresholds) for pair in pairs])
    targets = fewest_targets((pair.to, pair.per_seed) for pair in pairs)
    transfers = seed_means((pair.per_seed for pair in pairs), "transfer")
    return GridClaim(
        statement=STATEMENT,
        verdict=verdict,
        verdict_reason=reason,
        pairs=count_verdicts(decide(each, thresholds)[0] for each in family),
        seeds=evidence.used,
        **evidence.estimates,
        not_installed=evidence.not_installed,
        explained_by_control=evidence.explained,
        no_dose=evidence.no_dose,
        by=_by_axis(every, thresholds),
        power=tuple(seeds_for_interval(transfers, targets=targets)),
        would_change=tuple(_would_change(pairs, evidence, family, thresholds)),
        notes=(*_left_out(counting, pairs), *_notes([each for each in found if each[0].counts])),
    )


def _evidence(pairs: Sequence[_CellPair], thresholds: Thresholds) -> Evidence:
    targets = targets_of((pair.to, pair.per_seed) for pair in pairs)
    return evidence_of((pair.per_seed for pair in pairs), thresholds, targets)


def _of_usable_cells(pairs: Sequence[_CellPair]) -> list[_CellPair]:
    """The pairs without cells that have no T at all: if actors cannot coexist there is nothing to
    judge, and the number of such cells must not affect the verdict on the others. If no cell has a
    T, all of them, so that the verdict says why."""
    usable = {pair.cell for pair in pairs if pair.usable}
    return [pair for pair in pairs if pair.cell in usable] or list(pairs)


def _left_out(counting: Sequence[_CellPair], pairs: Sequence[_CellPair]) -> Iterator[str]:
    cells = dict.fromkeys(pair.cell for pair in counting)
    for pair in pairs:
        cells.pop(pair.cell, None)
    if cells:
        yield (
            f"no pair is usable in {', '.join(cells)} (not installed, or explained by the "
            "control): left out of the verdict"
        )


def _pairs(cell: FinishedCell, found: AtDose) -> Iterator[_CellPair]:
    actors = {actor.name: actor for actor in cell.results.scenario.actors}
    # By name, so that sums do not depend on the order of the actors.
    for pair in sorted(found.transfer, key=lambda pair: (pair.source, pair.to)):
        source, to = actors[pair.source], actors[pair.to]
        own = {
            "method": to.method,
            "method_pair": f"{source.method} > {to.method}",
        }
        groups = {**cell.axes, **own}
        yield _CellPair(cell.id, pair.to, cell.axes, groups, pair.per_seed, cell.counts)


# Axes on which a pair's value may differ between seeds: actors' payloads can be crossed.
OF_A_SEED: Mapping[str, Callable[[PairSeed], str | None]] = {
    "payload": lambda case: case.payload,
    "payload_pair": lambda case: case.relation,
}


def _by_axis(pairs: Sequence[_CellPair], thresholds: Thresholds) -> dict[str, dict[str, GridGroup]]:
    """Averages along every axis on which the pairs differ, and always by method. An ablation enters
    only along its own axis, where no other cell has its value. Along an axis of the grid, a cell
    counts only if another cell has the same values on all other axes."""
    axes = dict.fromkeys([*(axis for pair in pairs for axis in pair.groups), *OF_A_SEED])
    groups = {}
    for axis in axes:
        like = _comparable(pairs, axis)
        known = (pair.value(axis, case) for pair in like for case in pair.per_seed)
        values = dict.fromkeys(value for value in known if value is not None)
        if len(values) > 1 or axis == "method":
            groups[axis] = {value: _group(like, axis, value, thresholds) for value in values}
    return groups


def _comparable(pairs: Sequence[_CellPair], axis: str) -> Sequence[_CellPair]:
    """The pairs of cells that differ from another cell on this axis only; all pairs if the axis is
    one of pairs, or if no two cells differ only on it."""
    if not any(axis in pair.axes for pair in pairs):
        return pairs
    beside: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for pair in pairs:
        beside.setdefault(pair.elsewhere(axis), set()).add(pair.axes.get(axis, ""))
    return [pair for pair in pairs if len(beside[pair.elsewhere(axis)]) > 1] or pairs


def _group(pairs: Sequence[_CellPair], axis: str, value: str, thresholds: Thresholds) -> GridGroup:
    there = [part for pair in pairs if (part := pair.at(axis, value)) is not None]
    chosen = [pair for pair in there if pair.counts] or there
    evidence = _evidence(chosen, thresholds)
    return GridGroup(
        pairs=len(chosen),
        seeds=evidence.used,
        **evidence.estimates,
        not_installed=evidence.not_installed,
        explained_by_control=evidence.explained,
        no_dose=evidence.no_dose,
    )


def _would_change(
    pairs: Sequence[_CellPair],
    evidence: Evidence,
    family: Sequence[Evidence],
    thresholds: Thresholds,
) -> Iterator[str]:
    if not pairs:
        yield "a cell in which a trigger is unlearned in a model with another actor's backdoor"
        return
    if evidence.used < MIN_SEEDS:
        yield f"at least {MIN_SEEDS} usable seeds (there are {evidence.used})"
    yield from _of_intervals(evidence, thresholds)
    if evidence.not_installed > 0:
        yield f"installing every backdoor: {evidence.not_installed:.0%} of the cases are left out"
    if evidence.explained > 0:
        yield (
            f"a clean fine-tune that keeps more: in {evidence.explained:.0%} of the cases it "
            "explains the drop by itself"
        )
    if not any("benign" in case.by_sham for pair in pairs for case in pair.per_seed):
        yield "a benign conditional: without one specificity is not claimed"
    yield _of_one_pair(family, len(pairs), thresholds)


def _of_intervals(evidence: Evidence, thresholds: Thresholds) -> Iterator[str]:
    bounds = evidence.bounds
    low, high = bounds.low, bounds.high
    if low is None or high is None:
        return
    yield _of_transfer(low, high, thresholds)
    specific = bounds.specific
    if low > thresholds.generalizes and specific is not None:
        if specific <= thresholds.specific:
            yield (
                f"a specific part whose interval lies above {thresholds.specific:g} (it begins at "
                f"{decimals(specific)}): benign conditionals unlearned alike suppress about as much"
            )
        else:
            yield (
                "benign conditionals that suppress as much as backdoors when unlearned in the same "
                "way"
            )


def _of_transfer(low: float, high: float, thresholds: Thresholds) -> str:
    if low > thresholds.generalizes:
        return f"other seeds, actors or models in which T is below {thresholds.generalizes:g}"
    if high < thresholds.fails:
        return f"other seeds, actors or models in which T is above {thresholds.fails:g}"
    if high > thresholds.generalizes or low < thresholds.fails:
        return (
            f"a narrower interval: [{decimals(low)}, {decimals(high)}] reaches over a threshold "
            f"({thresholds.fails:g}, {thresholds.generalizes:g})"
        )
    return (
        f"nothing that only adds seeds: T in [{decimals(low)}, {decimals(high)}] lies between "
        f"{thresholds.fails:g} and {thresholds.generalizes:g}, in part suppressed"
    )


def _of_one_pair(family: Sequence[Evidence], pairs: int, thresholds: Thresholds) -> str:
    tested = sum(each.used >= MIN_SEEDS for each in family) or pairs
    generalizes, fails = seeds_needed(thresholds, tested)
    fewer = f" of {len(family)} pairs that have {MIN_SEEDS} usable seeds"
    every = "the pair" if len(family) == 1 else f"one of the {tested} pairs"
    whose = f"one of the {tested}{fewer}" if tested < len(family) else every
    return (
        f"for {whose} by itself: {_seeds(generalizes)} to be called "
        f"generalizing, {_seeds(fails)} failing, if all agree (Holm)"
    )


def _seeds(n: int | None) -> str:
    return "more than 400 seeds" if n is None else f"{n} seeds"


def _notes(cells: Sequence[tuple[FinishedCell, AtDose]]) -> Iterator[str]:
    """The notes of the cells with a pair: once if all cells have it, else with the names of those
    that do. Those on the seeds that a pair needs and on cases that are left out are omitted: the
    grid's claim says both of the whole."""
    judged = [(cell, found) for cell, found in cells if found.transfer]
    by_note: dict[str, list[str]] = {}
    for cell, found in judged:
        for note in found.claim.notes if found.claim else ():
            if not note.startswith((SEEDS_NOTE, LEFT_OUT_NOTE)):
                by_note.setdefault(note, []).append(cell.id)
    for note, ids in by_note.items():
        yield note if len(ids) == len(judged) else f"{note} ({', '.join(ids)})"
