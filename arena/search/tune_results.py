"""The results of a search (docs/results.md)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from statistics import fmean

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, create_trial

from arena.planning.numerics import environment
from arena.results.scenario import ScenarioRecord
from arena.results.tune import (
    RANDOM,
    TUNED,
    CandidateRecord,
    Difference,
    HistoryPoint,
    Importance,
    PhaseSeeds,
    StudyRecord,
    TrialRecord,
    TuneResults,
    TuneSeconds,
)
from arena.scenario.search import MEASURED, Tune
from arena.search.choosing import mean_of
from arena.search.constraints import limits_of
from arena.search.contenders import (
    SEEN,
    UNSEEN,
    Contender,
    against_unseen,
    broken_limits,
    contender_record,
    difference,
    estimate,
    tactics_of,
    value_of,
    verdict,
)
from arena.search.finished_study import FinishedStudy
from arena.search.observations import Observation
from arena.search.session import Session
from arena.search.storages import public_url
from arena.search.strategy_spaces import TacticSpace
from arena.search.studies import completed, observations_of, outcome_of, seconds_busy
from arena.search.trial_outcome import TrialOutcome
from arena.statistics.evasion import evasion

RATES = ("asr", "false_fire", "near_miss", "control", *MEASURED)


def tune_results(
    session: Session,
    settings: Tune,
    studies: Mapping[str, FinishedStudy],
    rivals: Sequence[Contender],
    failed: Mapping[str, str],
    seconds: float,
) -> TuneResults:
    """Return the results of a search.

    Args:
        studies: by name; `tuned` is the search itself.
        rivals: contenders with their observations on the report's seeds. failed: why others have
            none, by name.
        seconds: of the command.
    """
    scenario, main = session.scenario, studies[TUNED]
    trials = [trial_record(trial, settings) for trial in main.study.get_trials(deepcopy=False)]
    differences = _differences(session, settings, rivals)
    contenders = tuple(contender_record(each, scenario, settings) for each in rivals)
    broken = next((broken_limits(e, scenario, settings) for e in rivals if e.name == TUNED), [])
    evades, why = evasion(differences, settings.sought.gain, settings.sought.none, broken)
    busy = {name: round(seconds_busy(each.study), 2) for name, each in studies.items()}
    return TuneResults(
        scenario=ScenarioRecord(scenario.resolved()),
        study=_study(session, settings, main.study),
        trials=tuple(trials),
        history=history(trials, main.study.directions[0].name == "MAXIMIZE"),
        importance=importance(main.study, TacticSpace(settings)),
        pareto=_pareto(main.study, trials, settings),
        candidates=_candidates(main, settings),
        choice_error=None if main.ranking.error is None else round(main.ranking.error, 3),
        contenders=contenders,
        differences=differences,
        per_seed={each.name: _per_seed(each, settings) for each in rivals},
        unseen=dict(settings.unseen),
        verdict=_verdict(differences, chosen=any(each.name == TUNED for each in rivals)),
        evasion=evades,
        evasion_reason=why,
        failed=dict(failed),
        environment={
            **environment(scenario.numerics, scenario.runtime),
            "optuna": optuna.__version__,
        },
        seconds=TuneSeconds(
            total=round(seconds, 2),
            tuned=busy[TUNED] if settings.strategy is None else None,
            random=busy.get(RANDOM),
        ),
    )


def _differences(
    session: Session, settings: Tune, rivals: Sequence[Contender]
) -> tuple[Difference, ...]:
    """Tuned minus every other contender, against both defenders; empty without a tuned one."""
    by_name = {each.name: each for each in rivals}
    if TUNED not in by_name:
        return ()
    return tuple(
        difference(by_name[TUNED], other, defender, session.scenario, settings)
        for other in rivals
        for defender in (SEEN, UNSEEN)
        if other.name != TUNED
    )


def _pareto(study: optuna.Study, trials: Sequence[TrialRecord], settings: Tune) -> tuple[int, ...]:
    """Feasible trials on the Pareto front; empty with a single objective."""
    if len(settings.objectives) == 1:
        return ()
    return tuple(t.number for t in study.best_trials if trials[t.number].feasible)


def _verdict(differences: Sequence[Difference], *, chosen: bool) -> str:
    if not chosen:
        return "no strategy satisfied all constraints"
    return verdict(differences) or "nothing was compared"


def _study(session: Session, settings: Tune, study: optuna.Study) -> StudyRecord:
    known = settings.strategy is not None  # then nothing was searched
    phases = {"report"} if known else {"search", "select", "report"}
    return StudyRecord(
        name=session.name,
        storage="" if known else public_url(session.storage),
        sampler="" if known else settings.sampler.method,
        objectives=tuple(settings.objectives),
        directions=tuple(direction.name.lower() for direction in study.directions),
        actor=settings.actor,
        disclosed=settings.disclosed,
        against=settings.against,
        seeds=PhaseSeeds.model_validate(settings.seeds.model_dump(include=phases)),
        trials=0 if known else settings.trials,
        constraints=limits_of(settings.limits, session.scenario.thresholds),
    )


def trial_record(trial: FrozenTrial, settings: Tune) -> TrialRecord:
    """Return a trial with its stored outcome."""
    outcome = outcome_of(trial) or TrialOutcome()
    return TrialRecord(
        number=trial.number,
        state={"FAIL": "failed"}.get(trial.state.name, trial.state.name.lower()),
        values=tuple(trial.values or ()),
        params=trial.params,
        tactics=tactics_of(outcome.changes, settings.actor),
        setup=outcome.setup,
        feasible=outcome.feasible,
        constraints=outcome.violations or {},
        left=_left(outcome.seen),
        measured=_measured(outcome.seen, outcome.violations, settings),
        seconds=outcome.seconds,
        why=outcome.why,
    )


def _left(seen: Sequence[Observation]) -> dict[str, float]:
    names = seen[0].left if seen else {}
    return {name: fmean(each.left[name] for each in seen) for name in names}


def _measured(
    seen: Sequence[Observation], constraints: Mapping[str, float] | None, settings: Tune
) -> dict[str, float]:
    """Other rates of a trial by name, without those that were not measured."""
    if not seen or constraints is None:
        return {}
    rates = {name: mean_of(seen, name) for name in RATES}
    rates["clean_accuracy"] = mean_of(seen, "accuracy")
    rates["written"] = constraints["written"] + settings.limits.written
    return {name: round(rate, 4) for name, rate in rates.items() if math.isfinite(rate)}


def history(trials: Sequence[TrialRecord], maximize: bool) -> tuple[HistoryPoint, ...]:
    """Return every trial's value, and the best of the feasible complete trials so far."""
    better = max if maximize else min
    best: float | None = None
    points = []
    for trial in trials:
        value = trial.values[0] if trial.values else None
        if value is not None and trial.state == "complete" and trial.feasible:
            best = value if best is None else better(best, value)
        points.append(HistoryPoint(number=trial.number, value=value, best=best))
    return tuple(points)


def importance(study: optuna.Study, space: TacticSpace) -> Importance:
    """Return the share of the first objective's variance that each parameter explains (fANOVA,
    Hutter et al. 2014), over complete trials; with a note if it cannot be computed. Where
    strategies differ in their parameters, it is that of whether each tactic is used, and of the
    parameters that all have."""
    done = completed(study)
    if len(done) < 4 or len({trial.values[0] for trial in done}) < 2:
        return Importance(note="too few complete trials that differ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(
            _by_switches(study, space) if space.varies else study,
            evaluator=evaluator,
            target=lambda trial: trial.values[0],
        )
    return Importance(names={name: round(share, 4) for name, share in shares.items()})


def _by_switches(study: optuna.Study, space: TacticSpace) -> optuna.Study:
    """The complete trials with a switch for each tactic in place of the slots. It says the same,
    and one name for a tactic instead of one for each slot that may hold it."""
    flat = optuna.create_study(directions=study.directions)
    for trial in completed(study):
        switches = space.switches(trial.params)
        rest = {name: value for name, value in trial.params.items() if name not in space.slots}
        onoff = dict.fromkeys(switches, CategoricalDistribution((False, True)))
        known = {name: trial.distributions[name] for name in rest}
        flat.add_trial(
            create_trial(
                params={**switches, **rest}, distributions={**onoff, **known}, values=trial.values
            )
        )
    return flat


def _candidates(study: FinishedStudy, settings: Tune) -> tuple[CandidateRecord, ...]:
    return tuple(
        CandidateRecord(
            trial=each.trial.number,
            search=estimate(observations_of(each.trial), settings),
            select=estimate(each.seen, settings),
            feasible=each.feasible if each.judged else None,
            constraints=each.constraints,
            seeds=len(each.seen),
            chosen=place == 0,
            failed={str(seed): why for seed, why in each.failed.items()},
        )
        for place, each in enumerate(study.candidates)
    )


def _per_seed(each: Contender, settings: Tune) -> dict[str, dict[str, float]]:
    attacks = {SEEN: settings, UNSEEN: against_unseen(settings)}
    return {
        defender: {str(s.seed): round(value_of(s, attacks[defender]), 4) for s in seen}
        for defender, seen in each.report.items()
    }
