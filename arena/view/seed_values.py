"""T of a run and its parts, seed by seed: what differences between runs are paired by."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal, NamedTuple, get_args

from arena.errors import InputError
from arena.reporting.claim_card import DOSES
from arena.reporting.wording import p_value
from arena.results.brief import counted
from arena.results.numbers import Shown
from arena.results.pairs import Pair, PairSeed
from arena.results.reader import FILE, Results, parse_results
from arena.results.rows import SHAM_KINDS, Which
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.statistics.intervals import paired
from arena.view.place import Place

Part = Literal["transfer", "odd", "specific"]
PARTS: tuple[Part, ...] = get_args(Part)
READ = ("schema_version", "kind", "transfer", "most")  # of a results file
EVERY = tuple(itertools.product(PARTS, DOSES, SHAM_KINDS))
BySeed = Mapping[int, float]
ByCell = Mapping[str, BySeed]  # a run without cells is one cell without a name


class What(NamedTuple):
    """A number: T or a part of it, at a dose. sham: the kind that separates odd from specific."""

    part: Part = "transfer"
    dose: Which = "least"
    sham: str = "familiar"


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of one run from another, over `seeds` and `cells` that both have; its value is
    None where nothing is paired. why: the reason for that."""

    value: Shown | None = None
    p: float | None = None
    seeds: int = 0
    cells: int = 0
    why: str = ""

    @property
    def chance(self) -> str:
        """Return `p 0.012` or `p < 0.001`; empty where there is none."""
        known = "" if self.p is None else p_value(self.p)
        return f"p {known}" if known else ""

    @property
    def basis(self) -> str:
        """Return the interval, p and what they are over; or why there is none."""
        if self.value is None:
            return self.why
        return ", ".join(filter(None, (self.value.interval, self.chance, self.over)))

    @property
    def over(self) -> str:
        """Return the number of seeds, and of cells where there are several."""
        cells = counted(self.cells, "cell") if self.cells > 1 else ""
        return ", ".join(filter(None, (counted(self.seeds, "seed"), cells)))


def difference(first: ByCell, other: ByCell, *, ranged: bool = True) -> Difference:
    """Return the difference of `other` from `first`, paired by seed: in each seed that both have,
    the mean over their common cells. ranged: of ASR or T, as in `paired`."""
    if not first or not other:
        return Difference(why="the folders of its cells are missing")
    cells = first.keys() & other.keys()
    if not cells:
        mixed = ("" in first) != ("" in other)
        return Difference(why="one is a stress run, one is not" if mixed else "no common cell")
    seeds = sorted(set().union(*(first[cell].keys() & other[cell].keys() for cell in cells)))
    if not seeds:
        return Difference(why="no common seed")
    changes = {cell: _changes(first[cell], other[cell]) for cell in cells}
    estimate, p = paired(
        (fmean(by_seed[seed] for by_seed in changes.values() if seed in by_seed) for seed in seeds),
        ranged=ranged,
    )
    return Difference(Shown.of(estimate), p, len(seeds), len(cells))


def _changes(first: BySeed, other: BySeed) -> BySeed:
    return {seed: other[seed] - first[seed] for seed in first.keys() & other.keys()}


def values_of(place: Place, results: Results, what: What) -> ByCell:
    """Return a number by cell and seed, the mean over a seed's usable pairs; of a stress run from
    the folders of the cells that its claim is over."""
    if isinstance(results, RunResults):
        return {"": _seed_means(results, what)}
    cells = results.cells if isinstance(results, StressResults) else ()
    counted = {cell.id for cell in cells if cell.counts}
    return {
        each.folder.name: cell_values(each.folder, what)
        for each in place.cells()
        if each.folder.name in counted
    }


def cell_values(folder: Path, what: What) -> BySeed:
    """Return a number by seed, of a cell in its folder; empty if that cannot be read."""
    file = folder / FILE
    if not file.is_file():
        return {}
    return _in_file(folder, file.stat().st_mtime_ns).get(what, {})


@functools.lru_cache(maxsize=1024)
def _in_file(folder: Path, changed: int) -> Mapping[What, BySeed]:
    """All numbers of a cell. Of its file, which is large, only what they are in is checked."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        results = parse_results({key: content[key] for key in READ if key in content})
    except (OSError, ValueError, TypeError, RecursionError, InputError):
        return {}
    if not isinstance(results, RunResults):
        return {}
    return {what: _seed_means(results, what) for what in itertools.starmap(What, EVERY)}


def _seed_means(results: RunResults, what: What) -> BySeed:
    pairs = results.transfer
    if what.dose == "most":
        pairs = results.most.transfer if results.most else ()
    values: dict[int, list[float]] = {}
    for pair in pairs:
        for seed, value in pair_values(pair, what).items():
            values.setdefault(seed, []).append(value)
    return {seed: fmean(each) for seed, each in values.items()}


def pair_values(pair: Pair, what: What) -> BySeed:
    """Return a number of a pair by usable seed."""
    values = {case.seed: _value(case, what) for case in pair.per_seed}
    return {seed: value for seed, value in values.items() if value is not None}


def _value(case: PairSeed, what: What) -> float | None:
    if what.part == "transfer":
        return case.transfer
    of: object = case if what.sham == "familiar" else case.by_sham.get(what.sham)
    value: float | None = getattr(of, what.part, None)
    return value
