"""The results of a duel (docs/results.md)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
import optuna

from arena.planning.numerics import environment
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
    Side,
    Strategies,
    StrategyRecord,
)
from arena.results.scenario import ScenarioRecord
from arena.results.tune import PhaseSeeds
from arena.scenario.load import varied
from arena.scenario.search import Attack, Duel
from arena.search.constraints import limits_of, without_control
from arena.search.contenders import controls, value_of
from arena.search.observations import Observation, SeedObservations, is_installed
from arena.search.session import Session
from arena.search.storages import public_url
from arena.search.strategies import Move, Strategy
from arena.statistics.equilibrium import equilibrium, interval, stacked
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.thresholds import Thresholds

Pair = tuple[str, str]
Payoffs = Mapping[Pair, Mapping[int, float]]  # of every pair of strategies, by seed
Rounds = Sequence[tuple[Move, Move]]


def duel_results(
    session: Session,
    settings: Duel,
    rounds: Rounds,
    strategies: Mapping[Side, Sequence[Strategy]],
    payoffs: Mapping[Pair, SeedObservations],
    ended: str,
) -> DuelResults:
    """Return the results of a duel. `before` and `after` of the rounds are of the selection seeds,
    the payoff matrix is of the report's."""
    scenario = session.scenario
    left = {
        pair: payoffs_of(each.seen, settings, scenario.thresholds) for pair, each in payoffs.items()
    }
    replies = best_replies(_mean_payoffs(left, strategies))
    return DuelResults(
        scenario=ScenarioRecord(scenario.resolved()),
        study=DuelStudy(name=session.name, storage=public_url(session.storage)),
        actor=settings.actor,
        disclosed=settings.disclosed,
        threshold=settings.threshold,
        budget=settings.compute,
        constraints=limits_of(without_control(settings.limits), scenario.thresholds),
        seeds=PhaseSeeds.model_validate(settings.seeds.model_dump()),
        rounds=tuple(
            _round(number, both, settings, scenario.thresholds)
            for number, both in enumerate(rounds, 1)
        ),
        strategies=Strategies(
            red=tuple(_strategy(each) for each in strategies["red"]),
            blue=tuple(_strategy(each, _spent(each, session)) for each in strategies["blue"]),
        ),
        last=LastPlayed(
            red=_last("red", rounds, strategies["red"][0].name),
            blue=_last("blue", rounds, strategies["blue"][0].name),
        ),
        payoff=tuple(
            _payoff(pair, each, left[pair], scenario.thresholds) for pair, each in payoffs.items()
        ),
        replies=replies,
        cycles=cycles(replies),
        equilibrium=mixed_equilibrium(left, strategies),
        ended=ended,
        environment={
            **environment(scenario.numerics, scenario.runtime),
            "optuna": optuna.__version__,
        },
        seconds=DuelSeconds(total=round(time.monotonic() - session.began, 2)),
    )


def best_replies(means: Mapping[tuple[str, str], float]) -> BestReplies:
    """Return, by mean payoff, red's best strategy against each of blue's, and the reverse; of equal
    ones the earlier. Only feasible strategies count (an infeasible one could always win), and only
    pairs with a seed that counts."""
    reds = dict.fromkeys(red for red, _ in means)
    blues = dict.fromkeys(blue for _, blue in means)
    known = {blue: [red for red in reds if (red, blue) in means] for blue in blues}
    answers = {red: [blue for blue in blues if (red, blue) in means] for red in reds}
    return BestReplies(
        red={b: max(each, key=lambda red: means[red, b]) for b, each in known.items()},
        blue={r: min(each, key=lambda blue: means[r, blue]) for r, each in answers.items()},
    )


def cycles(replies: BestReplies) -> bool:
    """Return whether best replies in turn, from red's last strategy on, form a cycle of several
    strategies: then no pair of strategies is an equilibrium."""
    if not replies.blue:
        return False
    red = list(replies.blue)[-1]
    path: list[str] = []
    while red not in path:
        path.append(red)
        red = replies.red[replies.blue[red]]
    return len(path) - path.index(red) > 1


def mixed_equilibrium(
    left: Payoffs, strategies: Mapping[Side, Sequence[Strategy]]
) -> MixedEquilibrium:
    """Return the mixed equilibrium over the feasible strategies, or why there is none."""
    red, blue = ([s.name for s in strategies[side] if s.feasible] for side in ("red", "blue"))
    without = [side for side, names in (("red", red), ("blue", blue)) if not names]
    if without:
        return MixedEquilibrium(note=f"{' and '.join(without)} had no feasible strategy")
    missing = [f"{r} against {b}" for r in red for b in blue if not left[r, b]]
    if missing:
        return MixedEquilibrium(note=f"every experiment failed of {', '.join(missing)}")
    payoffs = stacked([[left[r, b] for b in blue] for r in red])
    value, resamples = interval(payoffs)
    solved = equilibrium(np.nanmean(payoffs, axis=0))
    return MixedEquilibrium(
        value=value,
        red=dict(zip(red, solved.rows, strict=True)),
        blue=dict(zip(blue, solved.columns, strict=True)),
        seeds=len(payoffs),
        resamples=resamples,
    )


def _mean_payoffs(
    left: Payoffs, strategies: Mapping[Side, Sequence[Strategy]]
) -> dict[tuple[str, str], float]:
    """The mean payoff of every pair of feasible strategies that was measured in a seed."""
    feasible = {each.name for side in strategies.values() for each in side if each.feasible}
    return {
        pair: fmean(by_seed.values())
        for pair, by_seed in left.items()
        if by_seed and feasible.issuperset(pair)
    }


def _last(side: Side, rounds: Rounds, first: str) -> str:
    """The strategy that a side plays in the end."""
    moves = (move for both in rounds for move in both if move.side == side and move.kept)
    kept = [move.best.name for move in moves if move.best]
    return kept[-1] if kept else first


def _round(
    number: int, both: tuple[Move, Move], attack: Attack, thresholds: Thresholds
) -> DuelRound:
    moves = {move.side: _move(move, attack, thresholds) for move in both}
    return DuelRound(round=number, red=moves.get("red"), blue=moves.get("blue"))


def _move(move: Move, attack: Attack, thresholds: Thresholds) -> MoveRecord:
    before, after = (
        rate_over_seeds(payoffs_of(seen, attack, thresholds).values())
        for seen in (move.before, move.after)
    )
    return MoveRecord(
        name=move.best.name if move.best else None,
        against=move.against.name,
        before=before,
        after=after,
        gain=round(move.gain, 4),
        seeds=len({s.seed for s in move.before} & {s.seed for s in move.after})
        if move.best
        else None,
        kept=move.kept,
        trials=move.trials,
        feasible=move.feasible,
        violated=dict(move.violated),
        setup=move.best.setup if move.best else None,
    )


def _strategy(each: Strategy, spent: float | None = None) -> StrategyRecord:
    return StrategyRecord(
        name=each.name,
        round=each.round,
        setup=each.setup,
        changes=dict(each.changes),
        feasible=each.feasible,
        constraints=dict(each.constraints),
        spent=spent,
    )


def _spent(each: Strategy, session: Session) -> float | None:
    """The share of the training compute that blue spends with a strategy."""
    scenario = varied(session.scenario, each.changes, each.name)
    share = scenario.defender.share_of(scenario.training_passes)
    return None if share is None else round(share, 4)


def payoffs_of(
    seen: Sequence[Observation], attack: Attack, thresholds: Thresholds
) -> dict[int, float]:
    """Return red's payoff by seed: the ASR left, and 0 where its backdoor is not installed before
    any defence. Without those seeds a strategy that fails where removals are hardest to survive
    would look better than one that works there too."""
    return {s.seed: value_of(s, attack) if is_installed(s, thresholds) else 0.0 for s in seen}


def _payoff(
    pair: Pair, measured: SeedObservations, left: Mapping[int, float], thresholds: Thresholds
) -> Payoff:
    seen = measured.seen
    return Payoff(
        red=pair[0],
        blue=pair[1],
        left=rate_over_seeds(left.values()),
        per_seed=tuple(round(value, 4) for value in left.values()),
        control=controls(seen),
        clean_accuracy=over_seeds((s.accuracy - s.defended_loss for s in seen), "graded"),
        own_left=rate_over_seeds(s.own_left for s in seen),
        seeds=len(seen),
        installed=sum(is_installed(s, thresholds) for s in seen),
        failed={str(seed): why for seed, why in measured.failed.items()},
    )
