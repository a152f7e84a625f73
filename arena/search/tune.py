"""`arena tune`: search on the first seeds, select on the second, report on the third."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.results.tune import RANDOM, TUNED, UNTUNED, WITHOUT, TuneResults
from arena.runs.run import opened as open_scenario
from arena.runs.run import write_folder
from arena.scenario.load import Given, dump, varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler, Tune
from arena.search.choosing import Ranking, candidates, untuned
from arena.search.contenders import Contender, report_scenarios, reported
from arena.search.criteria import AttackCriteria
from arena.search.driver import StudySpec
from arena.search.finished_study import FinishedStudy
from arena.search.known_strategy import known_strategy, refuse_above_budget
from arena.search.phases import on_test, on_validation
from arena.search.session import Session, check_suits, opened
from arena.search.strategy_spaces import Parameters, TacticSpace
from arena.search.studies import empty, observations_of, seconds_busy
from arena.search.tune_results import tune_results

BEST = "best.yaml"
KNOWN_STRATEGY, FOUND_STRATEGY = "A known strategy", "Found by a search"
WITHOUT_EACH = "without_each"


@dataclass(frozen=True)
class TuneResult:
    """A finished search: its folder, and its results as in `results.json`."""

    folder: Path
    results: TuneResults


def tune(
    scenario: Given,
    *,
    root: DataRoot | str | Path | None = None,
    out: str | Path | None = None,
    storage: str | None = None,
    study: str | None = None,
    address: str | None = None,
    quiet: bool = False,
    store: str | Path | None = None,
) -> TuneResult:
    """Search for an evading strategy of one actor, select the best, and report it on fresh seeds.
    With `tune.strategy` nothing is searched: that strategy is reported.

    Finished trials and stages are not run again. The folder holds scenario.yaml, best.yaml (the
    selected strategy as a scenario for `arena run`), results.json, report.html, figures,
    events.jsonl and run.log.

    Example:
        >>> done = arena.tune("tune_evasion", out=Path("runs/tuned"))
        >>> (done.folder / "best.yaml").exists()
        True

    Args:
        storage: URL of the study's storage; by default SQLite beside the artifacts. study: its
            name, by default the scenario's; an existing study is continued. The other arguments
            as for `arena.runs.run.run`.

    Raises:
        InputError: the scenario has no `tune` section, its `unseen` is not a valid defender, the
            study belongs to another scenario, or data is missing.
        ArenaError: a stage failed outside the trials (a failed trial is reported and counted).
    """
    with open_scenario(scenario, root) as (scenario, where):
        if scenario.tune is None:
            raise InputError("the scenario has no such section: nothing to tune", key="tune")
        # an invalid unseen defender must be an error before the search
        seeds, unseen = scenario.tune.seeds.report, scenario.tune.unseen
        check_suits(on_test(scenario, seeds, unseen, "tune.unseen"), where, store, "tune.unseen")
        refuse_above_budget(scenario, scenario.tune)
        with opened(
            scenario,
            root=where,
            out=out,
            storage=storage,
            study=study,
            address=address,
            quiet=quiet,
            store=store,
            call="tune",
        ) as session:
            results = _tuned(session)
            write_folder(session.folder, results)
        return TuneResult(session.folder, results)


def _tuned(session: Session) -> TuneResults:
    settings = session.scenario.tune
    assert settings is not None
    _plan(session, settings)
    studies = _studies(session, settings)
    contenders = _contenders(session, settings, studies)
    best = next((each for each in contenders if each.name == TUNED), None)
    if best is not None:
        strategy = best_scenario(session.scenario, settings, best)
        (session.folder / BEST).write_text(dump(strategy), encoding="utf-8")
    session.phase("report: fresh seeds, test prompts, the search's defender and an unseen one")
    rivals, failed = reported(
        contenders, session.scenario, settings, settings.unseen, session.evaluate
    )
    if TUNED in failed:
        raise ArenaError(f"the tuned strategy failed in every seed: {failed[TUNED]}")
    total = time.monotonic() - session.began
    return tune_results(session, settings, studies, rivals, failed, total)


def _plan(session: Session, settings: Tune) -> None:
    """Plan all seeds of the untuned strategy, or of the known one."""
    scenario, seeds = session.scenario, settings.seeds
    if (params := known_strategy(settings)) is not None:
        changes = TacticSpace(settings).changes(params)
        session.plan(on_test(scenario, seeds.report, changes, "known strategy", league=True))
        return
    searched = (*seeds.search, *seeds.select)
    session.plan(
        on_validation(scenario, settings, searched),
        on_test(scenario, seeds.report, {}, "untuned", league=True),
    )


def _studies(session: Session, settings: Tune) -> dict[str, FinishedStudy]:
    """The searches by name; for a known strategy one without a trial."""
    if settings.strategy is not None:
        goals = AttackCriteria(settings, settings.objectives).directions
        return {TUNED: FinishedStudy(empty(goals), Ranking())}
    searched = _search(session, settings, session.name, settings.sampler, settings.starts)
    studies = {TUNED: searched}
    if RANDOM in settings.compare:
        sampler = settings.sampler.model_copy(update={"method": "random"})
        studies[RANDOM] = _search(session, settings, f"{session.name}.random", sampler)
    return studies


def _contenders(
    session: Session, settings: Tune, studies: Mapping[str, FinishedStudy]
) -> list[Contender]:
    """The strategies to report: tuned (or known), untuned, and the others asked for."""
    space = TacticSpace(settings)
    if (params := known_strategy(settings)) is not None:
        tuned = [Contender(TUNED, None, space.changes(params), space.describe(params))]
        chosen = [params]
    else:
        tuned = [_best(name, each, space) for name, each in studies.items() if each.candidates]
        chosen = [each.trial.params for each in studies[TUNED].candidates[:1]]
    if UNTUNED in settings.compare:
        tuned.insert(min(1, len(tuned)), _untuned(session, settings))
    if WITHOUT_EACH in settings.compare:
        tuned += [each for params in chosen for each in _without_each(params, space)]
    return tuned


def _check_report(scenario: Scenario, settings: Tune, changes: Mapping[str, Any]) -> None:
    """Raise InputError if a strategy makes no valid scenario of the report, or none to keep: these
    have parts that a search leaves out (the whole league, benign conditionals)."""
    strategy = Contender(TUNED, None, changes, "")
    report_scenarios(strategy, scenario, settings, settings.unseen)
    best_scenario(scenario, settings, strategy)


def best_scenario(scenario: Scenario, settings: Tune, best: Contender) -> Scenario:
    """Return the strategy as a plain scenario, on the report's seeds."""
    plain = {"tune": None, "duel": None, "seeds": list(settings.seeds.report)}
    named = {
        "name": f"{scenario.name}_best"[:64],
        "description": f"{KNOWN_STRATEGY if best.trial is None else FOUND_STRATEGY}: {best.setup}",
    }
    return varied(scenario, {**plain, **named, **best.changes}, "best strategy")


def _search(
    session: Session,
    settings: Tune,
    name: str,
    sampler: Sampler,
    starts: Sequence[Mapping[str, Any]] = (),
) -> FinishedStudy:
    space, criteria = TacticSpace(settings), AttackCriteria(settings, settings.objectives)
    base = on_validation(session.scenario, settings, settings.seeds.search)
    session.phase(f"search by {sampler.method}")
    study = session.search(
        StudySpec(
            name=name,
            scenario=base,
            actor=settings.actor,
            party=f"threat:{settings.actor}",
            space=space,
            criteria=criteria,
            sampler=sampler,
            trials=settings.trials,
            parallel=session.parallel,
            prunes=settings.prunes,
            root=session.root,
            race=settings.race,
            starts=[space.start(each) for each in starts],
            check=lambda changes: _check_report(session.scenario, settings, changes),
        )
    )
    session.note(f"{name}: searched in {seconds_busy(study):.0f} s")
    session.phase("selection: the best trials on other seeds")
    ranking = candidates(study, session.scenario, settings, space, criteria, session.evaluate)
    return FinishedStudy(study, ranking)


def _best(name: str, finished: FinishedStudy, space: TacticSpace) -> Contender:
    best = finished.candidates[0]
    return Contender(
        name=name,
        trial=best.trial.number,
        changes=space.changes(best.trial.params),
        setup=space.describe(best.trial.params),
        search=observations_of(best.trial),
        select=best.seen,
    )


def _without_each(params: Parameters, space: TacticSpace) -> list[Contender]:
    """A strategy without each of its tactics in turn."""
    reduced = {name: space.without(params, name) for name in space.used(params)}
    return [
        Contender(f"{WITHOUT}{name}", None, space.changes(params), space.describe(params))
        for name, params in reduced.items()
    ]


def _untuned(session: Session, settings: Tune) -> Contender:
    """The actor as the scenario has it, also on the seeds of the search, if there was one."""
    plain = Contender(UNTUNED, None, {}, "as in the scenario")
    if settings.strategy is not None:
        return plain
    session.phase("the untuned attacker, for comparison")
    seen = untuned(session.scenario, settings, session.evaluate)
    return replace(plain, search=seen["search"], select=seen["select"])
