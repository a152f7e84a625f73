"""What each strategy leaves under each defence: the payoffs of a search on fresh seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from arena.reporting.outcomes import disclosed_in_words
from arena.reporting.tune_verdict import strategy_name
from arena.results.numbers import Shown
from arena.results.tune import StudyRecord, TuneResults

DEFENDER = {
    "": "defender",
    "least": "defender, dose least",
    "most": "defender, dose most",
    "harmless": "defender",
}
DOSES = ("least", "most")
OWN, LEAGUE = "the scenario's defender", "league"


@dataclass(frozen=True)
class DefenceRow:
    """A defence. whose: the scenario's defender, or the league's and its dose. aim: whether the
    search was against it. values: ASR left, by strategy."""

    name: str
    whose: str
    aim: bool
    values: list[Shown]


@dataclass(frozen=True)
class Payoffs:
    """ASR left of every strategy (columns) under every defence (rows). doses: as in
    `defender_doses`. apart: why an entry of the league differs from the unseen defender that has
    its objective; empty if none has it."""

    strategies: list[str]
    rows: list[DefenceRow]
    doses: list[str]
    apart: str


def payoffs(results: TuneResults) -> Payoffs | None:
    """Return the payoffs; None where there is only one defence, whose values stand elsewhere."""
    contenders = results.contenders
    names = list(dict.fromkeys(name for each in contenders for name in each.by_defence))
    if len(names) < 2:
        return None
    aims = results.study.against or tuple(DEFENDER)
    doses = defender_doses(results)
    entry = f"{LEAGUE}, largest harmless dose" if doses else LEAGUE
    rows = [
        DefenceRow(
            DEFENDER.get(name, name),
            OWN if name in DEFENDER else entry,
            name in aims,
            [Shown.of(each.by_defence.get(name)) for each in contenders],
        )
        for name in names
    ]
    return Payoffs([strategy_name(each.name) for each in contenders], rows, doses, apart(results))


def left_in_words(study: StudyRecord) -> str:
    """Return in words by which defences the value of a strategy is what is left."""
    over = disclosed_in_words(study.disclosed)
    if not study.against:
        after = "after another actor's trigger was unlearned"
        return f"{after}, {over}" if over else after
    names = [f"{OWN} at dose {name}" if name in DOSES else name for name in study.against]
    listed = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
    many = "whichever of these defences leaves least of it in each seed: "
    condition = f" (where a trigger is disclosed, {over})" if over else ""
    return f"by {many if len(names) > 1 else ''}{listed}{condition}"


def defender_doses(results: TuneResults) -> list[str]:
    """Return the doses at which the scenario's defender is judged, and the unseen one with it; none
    if removals have a single dose."""
    known = {name for each in results.contenders for name in each.by_defence}
    doses: list[str] = [name for name in DOSES if name in known]
    return [name for name in doses if name in results.study.against] or doses


def apart(results: TuneResults) -> str:
    """Return why the league's entries with the unseen defender's objective leave another ASR than
    it; empty if the league has none."""
    names = list(_with_unseen_objective(results))
    if not names:
        return ""
    listed, dose = " and ".join(names), " and ".join(defender_doses(results))
    start = f"{listed} of the league {'has' if len(names) == 1 else 'have'} the objective of the"
    if not dose:
        return f"{start} unseen defender, but steps and a learning rate of its own."
    return (
        f"{start} unseen defender but another dose: the unseen defender is judged like the "
        f"scenario's, at {dose}, where a clean fine-tune still leaves every backdoor; the league's "
        "entry at the largest dose that its own clean accuracy allows."
    )


def _with_unseen_objective(results: TuneResults) -> Iterator[str]:
    objective = _method(results.unseen.get("defender.objective"))
    league = results.scenario.root.get("league")
    for each in league if isinstance(league, list) else []:
        entry: Mapping[str, JsonValue] = each if isinstance(each, Mapping) else {}
        if objective and _method(entry.get("objective")) == objective:
            yield str(entry.get("name") or objective)


def _method(objective: JsonValue) -> JsonValue:
    return objective.get("method") if isinstance(objective, Mapping) else objective
