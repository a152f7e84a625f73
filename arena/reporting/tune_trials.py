"""The trials of a study as rows: what was tried, what came of it, which constraint it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from arena.reporting.numbers import NONE, decimals, duration, number
from arena.reporting.parts import Results, listed, part
from arena.reporting.strategies import plain, strategy
from arena.reporting.view import words

Trial = Mapping[str, Any]

FEASIBLE, INFEASIBLE = "feasible", "infeasible"
ORDER = (FEASIBLE, INFEASIBLE, "pruned", "failed", "running", "waiting")
# What a limit in `study.constraints` bounds, and from which side.
LIMITS = {
    "installed_asr": ("ASR before any defence, installed", "at least"),
    "false_fire": ("false fires without the trigger", "at most"),
    "broad": ("fires on look-alikes of the trigger", "at most"),
    "control_asr": ("ASR after a clean fine-tune", "at least"),
    "clean_accuracy_loss": ("clean accuracy lost", "at most"),
    "written": ("poison budget: share of documents written", "at most"),
    "others_installed": ("share of the other actors installed", "at least"),
    "own_left": ("ASR left of the trigger that was told", "at most"),
}


def status(trial: Trial) -> str:
    """`feasible` or `infeasible` of a complete trial, else its state."""
    state = str(trial.get("state") or "")
    if state != "complete":
        return state or NONE
    return INFEASIBLE if trial.get("feasible") is False else FEASIBLE


def violated(trial: Trial) -> list[str]:
    """The constraints that it broke, by name in words."""
    found = ((name, number(value)) for name, value in part(trial, "constraints").items())
    return [words(name) for name, value in found if value is not None and value > 0]


def counted(results: Results) -> str:
    """`31 feasible, 5 infeasible, 4 pruned`."""
    counts = Counter(status(each) for each in listed(results, "trials"))
    order = [*ORDER, *(key for key in counts if key not in ORDER)]
    return ", ".join(f"{counts[key]} {key}" for key in order if counts[key])


def values(trial: Trial) -> list[float | None]:
    """The objectives' values; none where it gave none."""
    found = trial.get("values")
    return [number(each) for each in found] if isinstance(found, list) else []


def rows(results: Results) -> list[dict[str, Any]]:
    """A row per trial, in the order of trials."""
    chosen = {each.get("trial") for each in listed(results, "candidates") if each.get("chosen")}
    return [_row(each, chosen=each.get("number") in chosen) for each in listed(results, "trials")]


def _row(trial: Trial, *, chosen: bool) -> dict[str, Any]:
    place = number(trial.get("number"))
    return {
        "number": NONE if place is None else f"{place:.0f}",
        "chosen": chosen,
        "status": status(trial),
        "bad": status(trial) in (INFEASIBLE, "failed"),
        "why": _why(trial),
        "values": ", ".join(decimals(value) for value in values(trial)) or NONE,
        "strategy": strategy(trial),
        "params": [(key, plain(value)) for key, value in part(trial, "params").items()],
        "left": _told(trial, "left"),
        "measured": _told(trial, "measured"),
        "took": duration(trial.get("seconds")),
    }


def _why(trial: Trial) -> str:
    """The reason given, and the constraints broken."""
    broken = violated(trial)
    said = [f"breaks {', '.join(broken)}"] if broken else []
    return "; ".join([*said, str(trial["why"])] if trial.get("why") else said)


def _told(trial: Trial, key: str) -> list[tuple[str, str]]:
    return [(words(name), decimals(number(value))) for name, value in part(trial, key).items()]


def limits(results: Results) -> list[tuple[str, str, str]]:
    """The study's constraints: what is bounded, from which side, by how much."""
    found = part(part(results, "study"), "constraints")
    return [(*LIMITS.get(key, (words(key), "limit")), plain(value)) for key, value in found.items()]
