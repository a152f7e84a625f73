"""Any number of runs side by side, with differences from the first one, paired by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from arena.reporting import palette
from arena.reporting.beside import made
from arena.reporting.claim_card import judged
from arena.reporting.differences import differences
from arena.reporting.figures.claim_map import MapLine, claim_map
from arena.reporting.numbers import Shown
from arena.reporting.render import page_figures
from arena.results.brief import counted, counted_seeds
from arena.results.claim import Judgement
from arena.results.estimate import Estimate
from arena.results.pairs import Pair
from arena.results.provenance import read_provenance
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.statistics.intervals import paired
from arena.view.page import View
from arena.view.place import COMPARE, INDEX, Place, relative
from arena.view.tables import Cell, Column, Line, Table

Compared = tuple[Place, Results]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run that was asked for and cannot be compared. link: to its page; empty without one."""

    name: str
    why: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run's number, and its difference from the first run's over `seeds` that both have."""

    value: Shown
    verdict: palette.Verdict | None = None
    difference: Shown | None = None
    p: float | None = None
    seeds: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A line: what is compared, and each run's entry (None if it has no such number)."""

    name: str
    entries: Sequence[Entry | None]


def compare_view(chosen: Sequence[Compared], left_out: Sequence[LeftOut]) -> View:
    """Return the page of runs side by side; of fewer than two, a page that says so.

    Args:
        chosen: runs that are `comparable`, in their order.
        left_out: those that were asked for and are not.
    """
    runs = chosen if len(chosen) > 1 else ()
    drawn = {"claims": _plot(runs)} if runs else {}
    results = [each for _, each in runs]
    values = {
        "figures": page_figures(drawn),
        "rates": _rates(results),
        "runs": [(place.name, relative(place.home, COMPARE)) for place, _ in runs],
        "alone": [(place.name, relative(place.home, COMPARE)) for place, _ in chosen if not runs],
        "left_out": left_out,
        "lines": list(_lines(results)),
        "origins": [_origin(place, each) for place, each in runs],
        "keys": _keys(results),
        "trail": [("runs", INDEX)],
        "index": INDEX,
    }
    return View(COMPARE, "compare.html", values)


def comparable(results: Results) -> bool:
    """Return whether results have a T over pairs, and so can stand beside others."""
    return bool(_claims(results))


def why_not(results: Results) -> str:
    """Return why results that are not `comparable` are not."""
    searched = {"tune": "a search", "duel": "a duel"}.get(results.kind)
    return f"{searched} has no T over pairs" if searched else "it judges no pair of actors"


def _origin(place: Place, results: Results) -> dict[str, str]:
    """Where a run comes from, as the head of its report says it; what is not known is left out."""
    known = {"run": place.name, **dict(made(read_provenance(place.folder)))}
    seeds = results.seeds if isinstance(results, RunResults | StressResults) else ()
    return {**known, "seeds": counted_seeds(seeds)}


def _plot(runs: Sequence[Compared]) -> str:
    """T of every run at both doses, as a figure; the thresholds are those of the first run."""
    lines = [
        MapLine(
            name=place.name,
            transfer={dose: claim.transfer for dose, claim in _claims(results).items()},
            verdicts={dose: claim.verdict or "" for dose, claim in _claims(results).items()},
        )
        for place, results in runs
    ]
    first = runs[0][1]
    assert isinstance(first, RunResults | StressResults)  # others have no claim
    return claim_map({"": lines}, first.thresholds)


# -- rates -----------------------------------------------------------------------------------------

Rates = Mapping[tuple[str, str], Mapping[int, float]]  # model and what was counted -> seed -> rate


def _rates(runs: Sequence[Results]) -> Table | None:
    """ASR and clean accuracy of every model that is in every run, means over seeds; None without
    one."""
    known = [_rates_of(run) for run in runs]
    common = [key for key in known[0] if all(key in each for each in known)] if known else []
    if not common:
        return None
    columns = [Column("model", "model"), Column("what", "rate", "choice")]
    for place in range(len(runs)):
        columns.append(Column(f"value_{place}", f"run {place + 1}", "number"))
        if place:
            columns.append(Column(f"change_{place}", f"run {place + 1} minus run 1", "number"))
            columns.append(Column(f"range_{place}", "interval, p, seeds"))
    return Table("rates", columns, [_rate_line(key, known) for key in common])


def _rates_of(run: Results) -> Rates:
    found: dict[tuple[str, str], dict[int, float]] = {}
    for row in run.rows if isinstance(run, RunResults) else ():
        rates = {f"ASR {actor}": rate for actor, rate in row.asr.items()}
        if row.clean_accuracy is not None:
            rates["clean accuracy"] = row.clean_accuracy
        for what, rate in rates.items():
            if rate.rate is not None:
                found.setdefault((row.title, what), {})[row.seed] = rate.rate
    return found


def _rate_line(key: tuple[str, str], runs: Sequence[Rates]) -> Line:
    line: dict[str, Cell] = {"model": key[0], "what": key[1]}
    for place, rates in enumerate(runs):
        line[f"value_{place}"] = fmean(rates[key].values())
        if place:
            difference, p, seeds = _difference(runs[0][key], rates[key])
            line[f"change_{place}"] = None if difference is None else difference.value
            line[f"range_{place}"] = _range(difference, p, seeds)
    return line


def _range(difference: Shown | None, p: float | None, seeds: int) -> str:
    """The interval of a difference, its p and the seeds behind it."""
    if difference is None:
        return "no common seed"
    known = (difference.interval, "" if p is None else f"p {p:.3f}", counted(seeds, "seed"))
    return ", ".join(filter(None, known))


# -- transfer --------------------------------------------------------------------------------------


def _claims(results: Results) -> dict[str, Judgement]:
    """The claims of a run or stress run by dose; empty for other results."""
    found: dict[str, Judgement | None] = {}
    if isinstance(results, StressResults):
        found = {"least": results.claim, "most": results.most}
    elif isinstance(results, RunResults):
        claim = judged(results)
        found = {"least": claim, "most": results.most.claim if claim and results.most else None}
    return {dose: claim for dose, claim in found.items() if claim is not None}


def _lines(runs: Sequence[Results]) -> list[Comparison]:
    lines = []
    for dose in ("least", "most"):
        judged = [_claims(run).get(dose) for run in runs]
        if any(judged):
            means = [_seed_means(run, dose) for run in runs]
            lines.append(_line(f"T over all pairs, {dose}", judged, means))
    for name in dict.fromkeys(name for run in runs for name in _pairs(run)):
        pairs = [_pairs(run).get(name) for run in runs]
        lines.append(_line(f"T {name}", pairs, [_by_seed(pair) for pair in pairs]))
    return lines


def _line(
    name: str,
    judged: Sequence[Judgement | Pair | None],
    by_seed: Sequence[Mapping[int, float]],
) -> Comparison:
    entries: list[Entry | None] = []
    for place, each in enumerate(judged):
        if each is None:
            entries.append(None)
            continue
        value, verdict = Shown.of(each.transfer), palette.verdict(each.verdict)
        difference, p, seeds = _difference(by_seed[0], by_seed[place]) if place else (None, None, 0)
        entries.append(Entry(value, verdict, difference, p, seeds))
    return Comparison(name, entries)


def _difference(
    first: Mapping[int, float], other: Mapping[int, float]
) -> tuple[Shown | None, float | None, int]:
    """The difference from the first run, paired by seed; None without a common seed."""
    both = sorted(first.keys() & other.keys())
    if not both:
        return None, None, 0
    estimate: Estimate
    estimate, p = paired(other[seed] - first[seed] for seed in both)
    return Shown.of(estimate), p, len(both)


def _pairs(run: Results) -> dict[str, Pair]:
    if not isinstance(run, RunResults):
        return {}
    return {f"{pair.source} → {pair.to}": pair for pair in run.transfer}


def _by_seed(pair: Pair | None) -> dict[int, float]:
    cases = pair.per_seed if pair is not None else ()
    return {case.seed: case.transfer for case in cases if case.transfer is not None}


def _seed_means(run: Results, dose: str) -> dict[int, float]:
    """T by seed, the mean over usable pairs; empty for a stress run, whose cells have them."""
    if not isinstance(run, RunResults):
        return {}
    pairs = run.transfer if dose == "least" else run.most.transfer if run.most else ()
    values: dict[int, list[float]] = {}
    for pair in pairs:
        for seed, value in _by_seed(pair).items():
            values.setdefault(seed, []).append(value)
    return {seed: sum(each) / len(each) for seed, each in values.items()}


def _keys(runs: Sequence[Results]) -> list[tuple[str, list[str]]]:
    """The keys in which any scenario differs from the first, with every run's value."""
    if not runs:
        return []
    changed: dict[str, list[str | None]] = {}
    for place, run in enumerate(runs[1:], 1):
        for key, one, other in differences(runs[0].scenario.root, run.scenario.root):
            values = changed.setdefault(key, [one, *[None] * (len(runs) - 1)])
            values[place] = other
    return [(key, [v if v is not None else values[0] or "" for v in values])
            for key, values in changed.items()]  # fmt: skip
