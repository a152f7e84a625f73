"""Limits that strategies of a search must keep: in words, and which were broken by how much."""

from __future__ import annotations

from collections.abc import Mapping

from arena.reporting.strategies import plain
from arena.reporting.wording import words
from arena.results.brief import counted
from arena.results.numbers import decimals

# The quantity that each limit bounds, and from which side.
LIMITS = {
    "installed_asr": ("ASR before any defence, installed", "at least"),
    "false_fire": ("false fires without the trigger", "at most"),
    "broad": ("fires on look-alikes of the trigger", "at most"),
    "control_asr": ("ASR after a clean fine-tune", "at least"),
    "clean_accuracy_loss": ("accuracy lost on clean prompts", "at most"),
    "written": ("poison budget: share of documents written", "at most"),
    "exposures": ("documents with the trigger that are trained on", "at most"),
    "attack_compute": ("passes of the attack, as a share of its training's", "at most"),
    "others_installed": ("share of the other actors installed", "at least"),
    "flagged": ("poison that a text filter flags", "at most"),
    "discovered": ("triggers that a discovery finds", "at most"),
    "own_left": ("remaining ASR of the disclosed trigger", "at most"),
    "kept": ("share of the seeds in which each limit is satisfied", "at least"),
}
SHARES = {"exposures", "attack_compute"}  # whose excess is a share of the limit
# The limit behind each constraint, where their names differ.
_BOUND_BY = {
    "installed": "installed_asr",
    "control": "control_asr",
    "utility": "clean_accuracy_loss",
    "others_removed": "own_left",
}


def shown_limits(limits: Mapping[str, float]) -> list[tuple[str, str, str]]:
    """Return what is bounded, from which side, by how much."""
    return [
        (*LIMITS.get(name, (words(name), "limit")), plain(limit)) for name, limit in limits.items()
    ]


def broken(constraints: Mapping[str, float], limits: Mapping[str, float]) -> str:
    """Return `ASR after a clean fine-tune 0.71 (at least 0.80), ...` for the constraints that were
    violated, each in its worst seed (`kept`: in the worst that counts); empty if none was.

    Args:
        constraints: by name, violated above 0.
        limits: by name.
    """
    exceeded = {name: excess for name, excess in constraints.items() if excess > 0}
    return ", ".join(_broken(name, excess, limits) for name, excess in exceeded.items())


def _broken(name: str, excess: float, limits: Mapping[str, float]) -> str:
    if name == "failed":
        return f"failed in {counted(int(excess), 'seed')}"
    limit, what, side = _bound(name)
    if limit not in limits or not side:
        return f"{what} by {_fine(excess)}"
    above = excess * limits[limit] if limit in SHARES else excess
    measured = limits[limit] + (above if side == "at most" else -above)
    if limit in SHARES:
        return f"{what} {plain(measured)} ({side} {plain(limits[limit])})"
    return f"{what} {_fine(measured)} ({side} {_exact(limits[limit])})"


def _exact(limit: float) -> str:
    """A limit with two places, or with as many as it has."""
    return decimals(limit) if round(limit, 2) == limit else plain(limit)


def _fine(value: float) -> str:
    """Three places where two could not tell a value from its limit."""
    text = decimals(value, 3)
    return text[:-1] if text.endswith("0") else text


def often_broken(violated: Mapping[str, int], trials: int) -> str:
    """Return `ASR before any defence, installed (18 of 20 trials), ...`; empty if none was."""
    counted = (f"{_bound(name)[1]} ({n} of {trials} trials)" for name, n in violated.items())
    return ", ".join(counted)


def _bound(constraint: str) -> tuple[str, str, str]:
    """The name of the limit behind a constraint, what it bounds, and from which side."""
    limit = _BOUND_BY.get(constraint, constraint)
    return (limit, *LIMITS.get(limit, (words(constraint), "")))
