"""Any number of runs side by side, with differences from the first one, paired by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from arena.reporting.beside import made
from arena.reporting.differences import differences
from arena.reporting.figures.claim_map import MapLine, claim_map
from arena.reporting.render import page_figures
from arena.results.brief import counted_seeds
from arena.results.numbers import NONE
from arena.results.provenance import read_provenance
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.view.page import View
from arena.view.place import COMPARE, INDEX, Place, relative
from arena.view.seed_values import difference
from arena.view.tables import Cell, Column, Line, Table
from arena.view.transfer_lines import Compared, claims_of, transfer_lines


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run that was asked for and cannot be compared. link: to its page; empty without one."""

    name: str
    why: str
    link: str = ""


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
        "lines": list(transfer_lines(runs)),
        "origins": [_origin(place, each) for place, each in runs],
        "keys": _keys(results),
        "trail": [("runs", INDEX)],
        "index": INDEX,
    }
    return View(COMPARE, "compare.html", values)


def comparable(results: Results) -> bool:
    """Return whether results have a T over pairs, and so can stand beside others."""
    return bool(claims_of(results))


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
            transfer={dose: claim.transfer for dose, claim in claims_of(results).items()},
            verdicts={dose: claim.verdict or "" for dose, claim in claims_of(results).items()},
        )
        for place, results in runs
    ]
    first = runs[0][1]
    assert isinstance(first, RunResults | StressResults)  # others have no claim
    return claim_map({"": lines}, first.thresholds)


# -- rates -----------------------------------------------------------------------------------------

ACCURACY = "clean accuracy"
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
            rates[ACCURACY] = row.clean_accuracy
        for what, rate in rates.items():
            if rate.rate is not None:
                found.setdefault((row.title, what), {})[row.seed] = rate.rate
    return found


def _rate_line(key: tuple[str, str], runs: Sequence[Rates]) -> Line:
    line: dict[str, Cell] = {"model": key[0], "what": key[1]}
    for place, rates in enumerate(runs):
        line[f"value_{place}"] = fmean(rates[key].values())
        if place:
            change = difference({"": runs[0][key]}, {"": rates[key]}, ranged=key[1] != ACCURACY)
            line[f"change_{place}"] = None if change.value is None else change.value.value
            line[f"range_{place}"] = change.basis
    return line


# -- scenarios -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in which a scenario differs from the first one, each with the value of every run:
    those that all have, and those that some lack."""

    common: Sequence[tuple[str, Sequence[str]]]
    lacking: Sequence[tuple[str, Sequence[str]]]


def _keys(runs: Sequence[Results]) -> Keys:
    changed: dict[str, list[str | None]] = {}
    for at, run in enumerate(runs[1:], 1):
        for key, one, other in differences(runs[0].scenario.root, run.scenario.root):
            values = changed.setdefault(key, [one, *[None] * (len(runs) - 1)])
            values[at] = other
    known = {
        key: [values[0] or "" if each is None else each for each in values]
        for key, values in changed.items()
    }
    lacking = {key for key, values in known.items() if NONE in values}
    return Keys(
        [(key, values) for key, values in known.items() if key not in lacking],
        [(key, values) for key, values in known.items() if key in lacking],
    )
