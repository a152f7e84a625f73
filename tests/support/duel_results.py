"""A duel's results, invented: simulated draws, never a measurement."""

from __future__ import annotations

import numpy as np

from arena.results.duel import (
    BestReplies,
    DuelResults,
    DuelRound,
    DuelSeconds,
    DuelStudy,
    LastPlayed,
    MixedEquilibrium,
    MoveRecord,
    Payoff,
    Strategies,
    StrategyRecord,
)
from arena.results.estimate import Estimate
from arena.results.scenario import ScenarioRecord
from arena.results.tune import PhaseSeeds
from tests.support.tune_results import mean_rate

RED = {
    "red0": "untuned",
    "red1": "decoy_immunisation (rate 0.2), late_arrival (share 0.35)",
    "red2": "decoy_immunisation (rate 0.31)",
}
BLUE = {
    "blue0": "relabel, 60 steps at 1e-4",
    "blue1": "crow, 40 steps at 3e-4",
    "blue2": "crow, 90 steps at 2e-4",
}
LEFT = ((0.10, 0.06, 0.03), (0.71, 0.24, 0.12), (0.66, 0.83, 0.78))


def duel(seeds: int = 8) -> DuelResults:
    """Results of `arena duel` with so many seeds a payoff."""
    rng = np.random.default_rng(6)
    payoffs = tuple(
        _payoff(rng, red, blue, LEFT[i][j], seeds)
        for i, red in enumerate(RED)
        for j, blue in enumerate(BLUE)
    )
    return DuelResults(
        scenario=ScenarioRecord(
            {"name": "duel_small", "description": "Red and blue tune in turn."}
        ),
        study=DuelStudy(name="duel_small", storage="sqlite:///runs/study.db"),
        actor="lexical",
        disclosed="worst",
        threshold=0.05,
        budget=0.05,
        seeds=PhaseSeeds(search=(100, 101), select=(102,), report=tuple(range(seeds))),
        rounds=_rounds(),
        strategies=Strategies(
            red=tuple(_strategy(name, i, setup) for i, (name, setup) in enumerate(RED.items())),
            blue=tuple(
                _strategy(name, i, setup, spent=0.04)
                for i, (name, setup) in enumerate(BLUE.items())
            ),
        ),
        last=LastPlayed(red="red2", blue="blue1"),
        payoff=payoffs,
        replies=BestReplies(
            red={"blue0": "red1", "blue1": "red2", "blue2": "red2"},
            blue={"red0": "blue2", "red1": "blue2", "red2": "blue0"},
        ),
        cycles=False,
        equilibrium=MixedEquilibrium(
            value=Estimate(value=0.67, low=0.58, high=0.72),
            red={"red0": 0.0, "red1": 0.17, "red2": 0.83},
            blue={"blue0": 0.93, "blue1": 0.0, "blue2": 0.07},
            seeds=seeds,
            resamples=2000,
        ),
        ended="rounds",
        environment={"torch": "2.13.0"},
        seconds=DuelSeconds(total=1500.0),
    )


def _rounds() -> tuple[DuelRound, ...]:
    return (
        DuelRound(
            round=1,
            red=_move("red1", "blue0", RED["red1"], 0.10, 0.71),
            blue=_move("blue1", "red1", BLUE["blue1"], 0.71, 0.24),
        ),
        DuelRound(
            round=2,
            red=_move("red2", "blue1", RED["red2"], 0.24, 0.83),
            blue=_move("blue2", "red2", BLUE["blue2"], 0.83, 0.80),
        ),
    )


def _payoff(rng: np.random.Generator, red: str, blue: str, mean: float, seeds: int) -> Payoff:
    left = np.clip(rng.normal(mean, 0.07, seeds), 0, 1)
    return Payoff(
        red=red,
        blue=blue,
        left=mean_rate(left),
        per_seed=tuple(float(value) for value in left),
        control=mean_rate([0.93] * seeds),
        clean_accuracy=mean_rate([0.93 if blue == "blue2" else 0.99] * seeds),
        own_left=mean_rate([0.01] * seeds),
        seeds=seeds,
        installed=seeds,
    )


def _move(name: str, against: str, setup: str, before: float, after: float) -> MoveRecord:
    gain = abs(after - before)
    return MoveRecord(
        name=name,
        against=against,
        before=mean_rate([before, before - 0.04]),
        after=mean_rate([after, after - 0.05]),
        gain=gain,
        kept=gain > 0.05,
        trials=10,
        feasible=7,
        setup=setup,
        seeds=1,
    )


def _strategy(name: str, number: int, setup: str, spent: float | None = None) -> StrategyRecord:
    return StrategyRecord(
        name=name,
        round=number,
        setup=setup,
        changes={"defender.objective.steps": 40 + number} if number else {},
        feasible=True,
        spent=spent,
    )
