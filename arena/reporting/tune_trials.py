"""The trials of a study as rows: the strategy tried, its values, the constraints it violated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from arena.reporting.numbers import NONE, decimals, duration
from arena.reporting.strategies import Settings, plain, strategy
from arena.reporting.wording import words
from arena.results.tune import TrialRecord, TuneResults

FEASIBLE, INFEASIBLE = "feasible", "infeasible"
ORDER = (FEASIBLE, INFEASIBLE, "pruned", "failed", "running", "waiting")
# The quantity that each limit in `study.constraints` bounds, and from which side.
LIMITS = {
    "installed_asr": ("ASR before any defence, installed", "at least"),
    "false_fire": ("false fires without the trigger", "at most"),
    "broad": ("fires on look-alikes of the trigger", "at most"),
    "control_asr": ("ASR after a clean fine-tune", "at least"),
    "clean_accuracy_loss": ("clean accuracy lost", "at most"),
    "written": ("poison budget: share of documents written", "at most"),
    "others_installed": ("share of the other actors installed", "at least"),
    "own_left": ("remaining ASR of the disclosed trigger", "at most"),
}


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
    return [_row(trial, chosen=trial.number in chosen) for trial in results.trials]


def _row(trial: TrialRecord, *, chosen: bool) -> TrialRow:
    return TrialRow(
        number=str(trial.number),
        chosen=chosen,
        status=status(trial),
        bad=status(trial) in (INFEASIBLE, "failed"),
        why=_why(trial),
        values=", ".join(decimals(value) for value in trial.values) or NONE,
        strategy=strategy(trial.tactics),
        params=[(key, plain(value)) for key, value in trial.params.items()],
        left=_rates(trial.left),
        measured=_rates(trial.measured),
        took=duration(trial.seconds),
    )


def _why(trial: TrialRecord) -> str:
    """The violated constraints, then the reason given."""
    broken = ", ".join(violated(trial))
    return "; ".join(filter(None, (f"violates {broken}" if broken else "", trial.why)))


def _rates(rates: Mapping[str, float]) -> Settings:
    return [(words(name), decimals(rate)) for name, rate in rates.items()]


def limits(results: TuneResults) -> list[tuple[str, str, str]]:
    """Return the study's constraints: what is bounded, from which side, by how much."""
    return [
        (*LIMITS.get(name, (words(name), "limit")), plain(limit))
        for name, limit in results.study.constraints.items()
    ]
