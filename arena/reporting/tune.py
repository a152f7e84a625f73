"""The page of a tuned attacker: how its strategy performs on fresh seeds, and the search for it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from arena.reporting import figures, outcomes, palette, strategies, tune_trials
from arena.reporting.against import defender_doses, left_in_words, payoffs
from arena.reporting.beside import NOTHING, Beside
from arena.reporting.limits import broken, shown_limits
from arena.reporting.render import common, fill
from arena.reporting.tune_verdict import (
    StrategyComparison,
    choice,
    comparisons,
    excluded,
    fresh_seeds,
    headline,
    infeasible_choice,
    strategy_name,
    winners_curse,
)
from arena.reporting.wording import sentence, words
from arena.results import brief
from arena.results.numbers import NONE, Shown, duration
from arena.results.scenario import TacticRecord
from arena.results.tune import (
    TUNED,
    CandidateRecord,
    ContenderRecord,
    StudyRecord,
    TuneResults,
)


@dataclass(frozen=True, slots=True)
class ContenderRow:
    """A strategy's line: values on the seeds it was chosen on, and those that are results.

    Attributes:
        optimistic: ASR left on the search's and the selection's seeds.
        counts: ASR left on fresh seeds, under the seen and the unseen defender. fewer: number of
            seeds of each of `counts`; empty if all seeds.
        control, own_left: under the seen and the unseen defender.
        installed, feasible: `7 of 8` seeds. broke: limits that it broke in its worst seed.
    """

    name: str
    trial: str
    strategy: str
    optimistic: list[Shown]
    counts: list[Shown]
    fewer: list[str]
    control: list[Shown]
    own_left: list[Shown]
    installed: str
    feasible: str
    broke: str


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A line of the table of comparisons."""

    of: str
    against: str
    defender: str
    difference: Shown
    seeds: str
    excluded: str
    badge: palette.Verdict
    why: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A line of the table of candidates; values on the search's and the selection's seeds, how many
    of the latter were measured, and the limits broken there."""

    trial: str
    chosen: bool
    values: list[Shown]
    seeds: str
    feasible: str
    bad: bool
    broke: str


def page(results: TuneResults, near: Beside = NOTHING) -> tuple[str, dict[str, str]]:
    """Return the page as HTML text, and its figures by name as SVG."""
    drawn = draw(results)
    return fill("tune.html", context(results) | near.with_figures(drawn), drawn), drawn


def draw(results: TuneResults) -> dict[str, str]:
    """Return the figures for which the results have data, by name as SVG."""
    trials, history, weights = results.trials, results.history, results.importance.names
    contenders, study = [each for each in results.contenders if _drawable(each)], results.study
    goals = objectives(results)
    label = goals[0] if goals else "value"
    possible: list[tuple[str, object, Callable[[], str]]] = [
        ("slope", study.searched and contenders, lambda: figures.contenders_slope(contenders)),
        ("history", history, lambda: figures.trial_history(history, trials, label=label)),
        ("importance", weights, lambda: figures.importance_bars(weights)),
        (
            "front",
            len(goals) > 1 and trials,
            lambda: figures.trial_front(trials, results.pareto, goals),
        ),
    ]
    return {name: make() for name, there, make in possible if there}


def _drawable(contender: ContenderRecord) -> bool:
    phases = (contender.search, contender.select, contender.report, contender.unseen)
    return any(estimate.value is not None for estimate in phases)


def objectives(results: TuneResults) -> list[str]:
    """Return the objectives, as labels of an axis or a column."""
    return [{"evasion": "ASR left"}.get(goal, words(goal)) for goal in results.study.objectives]


def context(results: TuneResults) -> dict[str, Any]:
    """Return everything that the template uses, except figures and style."""
    study, compared = results.study, comparisons(results)
    tuned = results.contender(TUNED)
    return {
        **common(results),
        "searched": study.searched,
        "failed": results.failed,
        "facts": _facts(results),
        "headline": headline(results),
        "evasion": palette.verdict(results.evasion) if results.evasion else None,
        "evasion_reason": results.evasion_reason,
        "own_words": sentence(results.verdict),
        "actor": study.actor or "the actor",
        "fresh": fresh_seeds(results),
        "comparisons": [_comparison_row(each) for each in compared],
        "some_excluded": any(each.left_out for each in compared),
        "contenders": [
            contender_row(each, results.study.constraints) for each in results.contenders
        ],
        "curse": winners_curse(results),
        "payoffs": payoffs(results),
        "broken": infeasible_choice(results),
        "choice": sentence(choice(results)),
        "chosen": strategies.described(tuned.tactics) if tuned else None,
        "untuned": strategies.UNTUNED,
        "candidates": [
            _candidate_row(each, results.study.constraints) for each in results.candidates
        ],
        "raced": any(each.seeds is not None for each in results.candidates),
        "importance_note": sentence(results.importance.note or ""),
        "objectives": objectives(results),
        "counted": tune_trials.counted(results),
        "trials": tune_trials.rows(results),
        "limits": shown_limits(results.study.constraints),
        "often": tune_trials.often(results),
        "unseen": unseen_defender(results),
        "unseen_doses": " and ".join(defender_doses(results)),
        "disclosed": outcomes.disclosed_in_words(study.disclosed),
        "left": left_in_words(study),
        "dashboard": f"optuna-dashboard {shlex.quote(_storage(study))}",
        "study": study.name,
    }


def _facts(results: TuneResults) -> list[tuple[str, str]]:
    study, seconds = results.study, results.seconds
    trials = study.trials or len(results.trials)
    facts = [
        ("actor", study.actor),
        ("sampler", study.sampler),
        ("searched for" if study.searched else "judged by", _goals(study)),
        ("trials", str(trials) if trials else ""),
        ("seeds", outcomes.seeds_in_words(study.seeds)),
        ("searching took", "" if seconds.tuned is None else duration(seconds.tuned)),
        ("random search took", "" if seconds.random is None else duration(seconds.random)),
        ("took", duration(seconds.total)),
    ]
    return [(name, value) for name, value in facts if value]


def _goals(study: StudyRecord) -> str:
    return ", ".join(words(goal) for goal in study.objectives)


def _storage(study: StudyRecord) -> str:
    """The storage as an argument of optuna-dashboard: for a journal the bare path."""
    return (study.storage or "STORAGE").removeprefix("journal://")


def _comparison_row(compared: StrategyComparison) -> ComparisonRow:
    seeds = NONE if not compared.seeds else str(compared.seeds)
    if compared.ahead_in is not None and compared.seeds is not None:
        seeds = f"{compared.ahead_in} of {compared.seeds}"
    return ComparisonRow(
        of=words(compared.of),
        against=strategy_name(compared.against) or NONE,
        defender=words(compared.defender) or NONE,
        difference=Shown.of(compared.difference),
        seeds=seeds,
        excluded=excluded(compared),
        badge=comparison_badge(compared),
        why=compared.why,
    )


def comparison_badge(compared: StrategyComparison) -> palette.Verdict:
    """Return the badge for which of two strategies leaves more ASR."""
    return outcomes.badge(compared.outcome, "tuned leaves more", "tuned leaves less")


def contender_row(
    contender: ContenderRecord, limits: Mapping[str, float] = MappingProxyType({})
) -> ContenderRow:
    """Return a contender's line of the table of strategies."""
    return ContenderRow(
        name=strategy_name(contender.name) or NONE,
        trial="" if contender.trial is None else f"trial {contender.trial}",
        strategy=strategies.strategy(contender.tactics),
        optimistic=[Shown.of(contender.search), Shown.of(contender.select)],
        counts=[Shown.of(contender.report), Shown.of(contender.unseen)],
        fewer=[
            _over(contender.report_seeds, contender.seeds),
            _over(contender.unseen_seeds, contender.seeds),
        ],
        control=[Shown.of(contender.control), Shown.of(contender.control_unseen)],
        own_left=[Shown.of(contender.own_left), Shown.of(contender.own_left_unseen)],
        installed=_share(contender.installed, contender.seeds),
        feasible=_share(contender.feasible, contender.seeds),
        broke=broken(contender.constraints, limits),
    )


def _over(counted: int | None, seeds: int | None) -> str:
    """`over 5 seeds` if a value is not over all of them."""
    if counted is None or counted == seeds:
        return ""
    return f"over {brief.counted(counted, 'seed')}"


def _share(some: int | None, seeds: int | None) -> str:
    if some is None:
        return NONE
    return str(some) if seeds is None else f"{some} of {seeds}"


def _candidate_row(candidate: CandidateRecord, limits: Mapping[str, float]) -> CandidateRow:
    return CandidateRow(
        trial=NONE if candidate.trial is None else str(candidate.trial),
        chosen=candidate.chosen,
        values=[Shown.of(candidate.search), Shown.of(candidate.select)],
        seeds=NONE if candidate.seeds is None else str(candidate.seeds),
        feasible=outcomes.yes_or_no(candidate.feasible),
        bad=candidate.feasible is False,
        broke=broken(candidate.constraints, limits),
    )


def unseen_defender(results: TuneResults) -> str:
    """Return `npo, 40 steps, learning rate 0.0002`, from the changes to the scenario."""
    changes = {key.removeprefix("defender."): value for key, value in results.unseen.items()}
    return ", ".join(_change(key, value) for key, value in changes.items() if value is not None)


def _change(key: str, value: JsonValue) -> str:
    if isinstance(value, dict) and value.get("method"):
        method = strategies.strategy([TacticRecord(value)])
        return method if key == "objective" else f"{words(key)} {method}"
    phrase = {"objective": "{1}", "steps": "{1} steps"}.get(key, "{0} {1}")
    return phrase.format(words(key), strategies.plain(value))
