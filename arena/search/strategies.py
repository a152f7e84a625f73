"""The values of a duel: its sides, their strategies and their moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arena.results.duel import Side
from arena.search.observations import Observation
from arena.search.strategy_spaces import Parameters


@dataclass(frozen=True)
class Strategy:
    """A strategy that a side can play.

    Attributes:
        round: of the search that proposed it; 0 for the scenario's own.
        changes: the scenario's keys that it sets, with their values.
        setup: the strategy in words.
        feasible: whether it satisfied its side's constraints on the selection seeds, against the
            other side's strategy of that round. constraints: these, by name, violated above 0;
            empty if not measured.
        params: as the search that found it proposed them; empty for the scenario's own.
    """

    name: str
    round: int
    changes: Mapping[str, Any]
    setup: str
    feasible: bool = True
    constraints: Mapping[str, float] = field(default_factory=dict)
    params: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """One side's turn: it searches for a better strategy, and adopts it if it gains enough.

    Attributes:
        against: the other side's strategy.
        before, after: observations on the selection seeds, of the strategy played so far and of
            the best one found.
        best: the best strategy of the search; None if no trial satisfied the constraints.
        gain: change of the objective in this side's favour, a difference of rates.
        kept: whether the side adopted `best`.
        trials: of the search. feasible: how many of them satisfied all constraints. violated: how
            many violated each constraint.
    """

    side: Side
    against: Strategy
    before: tuple[Observation, ...]
    best: Strategy | None
    after: tuple[Observation, ...]
    gain: float
    kept: bool
    trials: int
    feasible: int
    violated: Mapping[str, int] = field(default_factory=dict)
