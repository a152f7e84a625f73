"""results.json of a duel (its shape: docs/results.md)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import optuna

from arena.planning.numerics import environment
from arena.runs.gather import SCHEMA_VERSION
from arena.scenario.load import varied
from arena.scenario.search import Disclosed, Duel
from arena.search.contenders import controls, estimate
from arena.search.observations import Observation, is_installed
from arena.search.session import Session
from arena.search.strategies import Move, Side, Strategy
from arena.search.studies import public_url
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.thresholds import Thresholds

Payoffs = Mapping[tuple[str, str], Sequence[Observation]]


def duel_results(
    session: Session,
    settings: Duel,
    rounds: Sequence[tuple[Move, Move]],
    strategies: Mapping[Side, Sequence[Strategy]],
    payoffs: Payoffs,
    ended: str,
) -> dict[str, Any]:
    """Plain values only. `before` and `after` of the rounds are of the selection seeds, the payoff
    matrix is of the report's."""
    scenario = session.scenario
    lawful = {each.name for found in strategies.values() for each in found if each.feasible}
    standing = {pair: _standing(seen, scenario.thresholds) for pair, seen in payoffs.items()}
    means = {
        pair: fmean(s.value(settings.disclosed) for s in seen)
        for pair, seen in standing.items()
        if seen and lawful.issuperset(pair)
    }
    replies = best_replies(means)
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "duel",
        "scenario": scenario.resolved(),
        "study": {"name": session.name, "storage": public_url(session.storage)},
        "actor": settings.actor,
        "disclosed": settings.disclosed,
        "threshold": settings.threshold,
        "budget": settings.compute,
        "seeds": settings.seeds.model_dump(mode="json"),
        "rounds": [
            {"round": at, **{move.side: _move(move, settings.disclosed) for move in both}}
            for at, both in enumerate(rounds, 1)
        ],
        "strategies": {
            side: [_strategy(each, side, session) for each in found]
            for side, found in strategies.items()
        },
        "last": {side: _last(side, rounds, found[0].name) for side, found in strategies.items()},
        "payoff": [
            _cell(pair, seen, standing[pair], settings.disclosed) for pair, seen in payoffs.items()
        ],
        "replies": replies,
        "cycles": cycles(replies),
        "ended": ended,
        "environment": {**environment(scenario.numerics), "optuna": optuna.__version__},
        "seconds": {"total": round(time.monotonic() - session.began, 2)},
    }


def best_replies(means: Mapping[tuple[str, str], float]) -> dict[str, dict[str, str]]:
    """By mean payoff: red's best strategy against each of blue's, and the other way round; of
    equals the earlier. Only among strategies that keep their limits (what may break them always
    wins), and red ones that stood in some seed."""
    reds = list(dict.fromkeys(red for red, _ in means))
    blues = list(dict.fromkeys(blue for _, blue in means))
    return {
        "red": {blue: max(reds, key=lambda red: means[red, blue]) for blue in blues},
        "blue": {red: min(blues, key=lambda blue: means[red, blue]) for red in reds},
    }


def cycles(replies: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether replying in turn, from red's last strategy on, comes back without settling: then no
    side has a strategy that it would keep."""
    if not replies["blue"]:
        return False
    red = list(replies["blue"])[-1]
    path: list[str] = []
    while red not in path:
        path.append(red)
        red = replies["red"][replies["blue"][red]]
    return len(path) - path.index(red) > 1


def _last(side: Side, rounds: Sequence[tuple[Move, Move]], first: str) -> str:
    """What a side plays in the end."""
    kept = [move.found.name for both in rounds for move in both if _won(move, side) and move.found]
    return kept[-1] if kept else first


def _won(move: Move, side: Side) -> bool:
    return move.side == side and move.kept


def _move(move: Move, disclosed: Disclosed) -> dict[str, Any]:
    return {
        "name": move.found.name if move.found else None,
        "against": move.against.name,
        "before": estimate(move.before, disclosed),
        "after": estimate(move.after, disclosed),
        "gain": round(move.gain, 4),
        "kept": move.kept,
        "trials": move.trials,
        "feasible": move.feasible,
        "setup": move.found.setup if move.found else None,
    }


def _strategy(each: Strategy, side: Side, session: Session) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": each.name,
        "round": each.round,
        "setup": each.setup,
        "changes": dict(each.changes),
        "feasible": each.feasible,
    }
    if side == "blue":
        scenario = varied(session.scenario, each.changes, each.name)
        found["spent"] = round(scenario.defender.share_of(scenario.training_passes), 4)
    return found


def _standing(seen: Sequence[Observation], thresholds: Thresholds) -> list[Observation]:
    """The seeds in which red's backdoor stood: what was never there no defence has removed."""
    return [s for s in seen if is_installed(s, thresholds)]


def _cell(
    pair: tuple[str, str],
    seen: Sequence[Observation],
    standing: Sequence[Observation],
    disclosed: Disclosed,
) -> dict[str, Any]:
    """A game; what is left is over the seeds in which red's backdoor stood, and `seeds` counts
    them."""
    return {
        "red": pair[0],
        "blue": pair[1],
        "left": estimate(standing, disclosed),
        "per_seed": [round(s.value(disclosed), 4) for s in standing],
        "control": controls(seen),
        "clean_accuracy": over_seeds(
            (s.accuracy - s.defended_loss for s in seen), "graded"
        ).to_json(),
        "own_left": rate_over_seeds(s.own_left for s in seen).to_json(),
        "seeds": len(standing),
    }
