"""`arena tune`: search on seeds A, choose on seeds B, report that one on seeds C."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.runs.run import write_results
from arena.scenario.load import dump, varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler, Tune
from arena.search.choosing import Candidate, candidates, untuned
from arena.search.contenders import Contender, reported
from arena.search.driver import Search
from arena.search.judges import RedJudge
from arena.search.phases import on_test, on_validation
from arena.search.session import Session, opened
from arena.search.strategy import RedMoves
from arena.search.studies import busy, seen_by
from arena.search.tune_results import tune_results

BEST = "best.yaml"
UNTUNED, TUNED, RANDOM = "untuned", "tuned", "random"


@dataclass(frozen=True)
class TuneResult:
    """A finished search: its folder, and `results.json` as a dict."""

    folder: Path
    results: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A study that was searched, and its best on the selection seeds."""

    study: optuna.Study
    candidates: Sequence[Candidate]


def tune(
    scenario: Scenario,
    *,
    root: DataRoot | None = None,
    out: Path | None = None,
    storage: str | None = None,
    study: str | None = None,
    address: str | None = None,
    quiet: bool = False,
    store: Path | None = None,
) -> TuneResult:
    """Search, choose and report; what is finished is not done again.

    The folder holds scenario.yaml, best.yaml (the chosen strategy as a scenario that `arena run`
    takes), results.json, report.html, figures, events.jsonl, run.log.

    Args:
        storage: URL of the study's storage; by default SQLite beside the artifacts. study: its
            name, the scenario's by default; a study of that name is gone on with. The other
            arguments as for `arena.runs.run.run`.

    Raises:
        InputError: the scenario has no `tune` section or an `unseen` that is no defender, the study
            is of another scenario, or data is missing.
        ArenaError: a stage failed outside the trials (a failing trial is told and counted).
    """
    if scenario.tune is None:
        raise InputError(
            "the scenario has no such section, so there is nothing to tune", key="tune"
        )
    unseen = {**scenario.tune.unseen}
    on_test(scenario, scenario.tune.seeds.report, unseen, "tune.unseen")  # told before the search
    with opened(
        scenario,
        root=root,
        out=out,
        storage=storage,
        study=study,
        address=address,
        quiet=quiet,
        store=store,
    ) as session:
        results = _tuned(session)
    write_results(session.folder, results)
    return TuneResult(session.folder, results)


def _tuned(session: Session) -> dict[str, Any]:
    settings = session.scenario.tune
    assert settings is not None
    moves = RedMoves(settings)
    found = {TUNED: _search(session, settings, session.name, settings.sampler)}
    if RANDOM in settings.compare:
        sampler = settings.sampler.model_copy(update={"method": "random"})
        found[RANDOM] = _search(session, settings, f"{session.name}.random", sampler)
    contenders = [_chosen(name, each, moves) for name, each in found.items() if each.candidates]
    if UNTUNED in settings.compare:
        contenders.insert(min(1, len(contenders)), _as_it_stands(session, settings))
    session.note("report: fresh seeds, unseen prompts, unseen defender")
    shown = reported(contenders, session.scenario, settings, settings.unseen, session.measure)
    best = next((each for each in shown if each.name == TUNED), None)
    if best is not None:
        strategy = best_scenario(session.scenario, settings, best)
        (session.folder / BEST).write_text(dump(strategy), encoding="utf-8")
    total = time.monotonic() - session.began
    return tune_results(session, settings, found, shown, total)


def best_scenario(scenario: Scenario, settings: Tune, best: Contender) -> Scenario:
    """The strategy as a plain scenario, on the report's seeds."""
    plain = {"tune": None, "duel": None, "seeds": list(settings.seeds.report)}
    named = {
        "name": f"{scenario.name}_best"[:64],
        "description": f"Found by a search: {best.setup}",
    }
    return varied(scenario, {**plain, **named, **best.changes}, "best strategy")


def _search(session: Session, settings: Tune, name: str, sampler: Sampler) -> Found:
    moves, judge = RedMoves(settings), RedJudge(settings, settings.objectives)
    base = on_validation(session.scenario, settings, settings.seeds.search)
    study = session.search(
        Search(
            name=name,
            scenario=base,
            actor=settings.actor,
            party=f"threat:{settings.actor}",
            moves=moves,
            judge=judge,
            sampler=sampler,
            trials=settings.trials,
            abreast=session.abreast,
            prunes=settings.prunes,
            root=session.root,
        )
    )
    session.note(f"{name}: searched in {busy(study):.0f} s; choosing among the best")
    chosen = candidates(study, session.scenario, settings, moves, judge, session.measure)
    return Found(study, chosen)


def _chosen(name: str, found: Found, moves: RedMoves) -> Contender:
    best = found.candidates[0]
    return Contender(
        name,
        best.trial.number,
        moves.changes(best.trial.params),
        moves.told(best.trial.params),
        seen_by(best.trial),
        best.seen,
    )


def _as_it_stands(session: Session, settings: Tune) -> Contender:
    seen = untuned(session.scenario, settings, session.measure)
    return Contender(UNTUNED, None, {}, "as the scenario has it", seen["search"], seen["select"])
