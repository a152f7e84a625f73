"""The trials of a study as rows: the strategy tried, its values, the constraints it violated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from arena.reporting.limits import broken, often_broken
from arena.reporting.strategies import Settings, plain, strategy
from arena.reporting.wording import words
from arena.results.numbers import NONE, decimals, duration
from arena.results.tune import TrialRecord, TuneResults

FEASIBLE, INFEASIBLE = "feasible", "infeasible"
ORDER = (FEASIBLE, INFEASIBLE, "pruned", "failed", "running", "waiting")


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One line of the table of trials.

    Attributes:
        bad: infeasible or failed.
        why: the violated constraints, and the reason given.
        left, measured: names with rates, in words.
    """

    number: str
    chosen: bool
    status: str
    bad: bool
    why: str
    values: str
    strategy: str
    params: Settings
    left: Settings
    measured: Settings
    took: str


def status(trial: TrialRecord) -> str:
    """Return `feasible` or `infeasible` of a complete trial, else its state."""
    if trial.state != "complete":
        return trial.state or NONE
    return INFEASIBLE if trial.feasible is False else FEASIBLE


def violated(trial: TrialRecord) -> list[str]:
    """Return the constraints that a trial violated, by name in words."""
    return [words(name) for name, excess in trial.constraints.items() if excess > 0]


def counted(results: TuneResults) -> str:
    """Return `31 feasible, 5 infeasible, 4 pruned`."""
    counts = Counter(status(trial) for trial in results.trials)
    order = [*ORDER, *(key for key in counts if key not in ORDER)]
    return ", ".join(f"{counts[key]} {key}" for key in order if counts[key])


def rows(results: TuneResults) -> list[TrialRow]:
    """Return a row per trial, in the order of trials."""
    chosen = {candidate.trial for candidate in results.candidates if candidate.chosen}
    limits = results.study.constraints
    return [_row(trial, limits, chosen=trial.number in chosen) for trial in results.trials]


def _row(trial: TrialRecord, limits: Mapping[str, float], *, chosen: bool) -> TrialRow:
    return TrialRow(
        number=str(trial.number),
        chosen=chosen,
        status=status(trial),
        bad=status(trial) in (INFEASIBLE, "failed"),
        why=_why(trial, limits),
        values=", ".join(decimals(value) for value in trial.values) or NONE,
        strategy=strategy(trial.tactics),
        params=[(key, plain(value)) for key, value in trial.params.items()],
        left=_rates(trial.left),
        measured=_rates(trial.measured),
        took=duration(trial.seconds),
    )


def _why(trial: TrialRecord, limits: Mapping[str, float]) -> str:
    """The broken limits with their values, then the reason given."""
    exceeded = broken(trial.constraints, limits)
    return "; ".join(filter(None, (f"breaks {exceeded}" if exceeded else "", trial.why)))


def often(results: TuneResults) -> str:
    """Return which limits the trials broke most often; empty if a trial kept all, or none broke
    any."""
    if any(status(trial) == FEASIBLE for trial in results.trials):
        return ""
    counts = Counter(k for t in results.trials for k, excess in t.constraints.items() if excess > 0)
    return often_broken(dict(counts.most_common()), len(results.trials))


def _rates(rates: Mapping[str, float]) -> Settings:
    return [(words(name), decimals(rate)) for name, rate in rates.items()]
