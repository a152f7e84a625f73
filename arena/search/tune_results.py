"""results.json of a search (its shape: docs/results.md)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from arena.planning.numerics import environment
from arena.runs.gather import SCHEMA_VERSION
from arena.scenario.search import Tune
from arena.search.choosing import mean_of
from arena.search.constraints import feasible
from arena.search.contenders import (
    SEEN,
    UNSEEN,
    Contender,
    contender_json,
    difference,
    estimate,
    verdict,
)
from arena.search.finished_study import FinishedStudy
from arena.search.observations import Observation
from arena.search.session import Session
from arena.search.studies import facts_of, observations_of, public_url, seconds_busy

MEASURED = ("asr", "false_fire", "near_miss", "control")


def tune_results(
    session: Session,
    settings: Tune,
    found: Mapping[str, FinishedStudy],
    rivals: Sequence[Contender],
    seconds: float,
) -> dict[str, Any]:
    """Plain values only."""
    scenario, main = session.scenario, found["tuned"]
    trials = [trial_json(trial, settings) for trial in main.study.get_trials(deepcopy=False)]
    by_name = {each.name: each for each in rivals}
    differences = [
        difference(by_name["tuned"], other, defender, scenario, settings)
        for other in rivals
        for defender in (SEEN, UNSEEN)
        if other.name != "tuned" and "tuned" in by_name
    ]
    several = len(settings.objectives) > 1
    front = [trial.number for trial in main.study.best_trials] if several else []
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "tune",
        "scenario": scenario.resolved(),
        "study": _study(session, settings, main.study),
        "trials": trials,
        "history": history(trials, main.study.directions[0].name == "MAXIMIZE"),
        "importance": importance(main.study),
        "pareto": [number for number in front if trials[number]["feasible"]],
        "candidates": _candidates(main, settings),
        "contenders": [contender_json(each, scenario, settings) for each in rivals],
        "differences": differences,
        "per_seed": {each.name: _per_seed(each, settings) for each in rivals},
        "unseen": dict(settings.unseen),
        "verdict": _verdict(differences, found=bool(main.candidates)),
        "environment": {**environment(scenario.numerics), "optuna": optuna.__version__},
        "seconds": {
            "total": round(seconds, 2),
            **{name: round(seconds_busy(each.study), 2) for name, each in found.items()},
        },
    }


def _verdict(differences: Sequence[Mapping[str, Any]], *, found: bool) -> str:
    if not found:
        return "no strategy kept all constraints"
    return verdict(differences) or "nothing was compared"


def _study(session: Session, settings: Tune, study: optuna.Study) -> dict[str, Any]:
    thresholds = session.scenario.thresholds
    return {
        "name": session.name,
        "storage": public_url(session.storage),
        "sampler": settings.sampler.method,
        "objectives": list(settings.objectives),
        "directions": [direction.name.lower() for direction in study.directions],
        "actor": settings.actor,
        "disclosed": settings.disclosed,
        "seeds": settings.seeds.model_dump(mode="json"),
        "trials": settings.trials,
        "constraints": {
            "installed_asr": thresholds.installed_asr,
            "false_fire": thresholds.installed_false_fire,
            "broad": thresholds.broad,
            **settings.limits.model_dump(),
            "others_installed": 1.0,
        },
    }


def trial_json(trial: FrozenTrial, settings: Tune) -> dict[str, Any]:
    """A trial with everything that stands in the storage."""
    facts = facts_of(trial)
    seen = observations_of(trial)
    constraints = facts.get("violations")
    changes = facts.get("changes", {})
    return {
        "number": trial.number,
        "state": {"FAIL": "failed"}.get(trial.state.name, trial.state.name.lower()),
        "values": trial.values,
        "params": trial.params,
        "tactics": changes.get(f"actors.{settings.actor}.tactics", []),
        "setup": facts.get("setup"),
        "feasible": constraints is not None and feasible(constraints),
        "constraints": constraints or {},
        "left": _left(seen),
        "measured": _measured(seen, constraints, settings),
        "seconds": facts.get("seconds"),
        "why": facts.get("why"),
    }


def _left(seen: Sequence[Observation]) -> dict[str, float]:
    names = seen[0].left if seen else {}
    return {name: fmean(each.left[name] for each in seen) for name in names}


def _measured(
    seen: Sequence[Observation], constraints: Mapping[str, float] | None, settings: Tune
) -> dict[str, float]:
    if not seen or constraints is None:
        return {}
    found = {name: mean_of(seen, name) for name in MEASURED}
    found["clean_accuracy"] = mean_of(seen, "accuracy")
    found["written"] = constraints["written"] + settings.limits.written
    return {name: round(value, 4) for name, value in found.items()}


def history(trials: Sequence[Mapping[str, Any]], maximize: bool) -> list[dict[str, Any]]:
    """Value by trial, and the best feasible one so far; a pruned trial's value is of one
    removal in one seed and moves nothing."""
    better = max if maximize else min
    best: float | None = None
    found = []
    for trial in trials:
        value = trial["values"][0] if trial["values"] else None
        if value is not None and trial["state"] == "complete" and trial["feasible"]:
            best = value if best is None else better(best, value)
        found.append({"number": trial["number"], "value": value, "best": best})
    return found


def importance(study: optuna.Study) -> dict[str, Any]:
    """Share of the first value's variance that each parameter explains (fANOVA, Hutter et al.
    2014), over complete trials; and a note where that cannot be had."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(done) < 4 or len({trial.values[0] for trial in done}) < 2:
        return {"names": {}, "note": "too few complete trials that differ"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        found = optuna.importance.get_param_importances(
            study, evaluator=evaluator, target=lambda trial: trial.values[0]
        )
    return {"names": {name: round(share, 4) for name, share in found.items()}, "note": None}


def _candidates(found: FinishedStudy, settings: Tune) -> list[dict[str, Any]]:
    return [
        {
            "trial": each.trial.number,
            "search": estimate(observations_of(each.trial), settings.disclosed),
            "select": estimate(each.seen, settings.disclosed),
            "feasible": each.feasible,
            "chosen": at == 0,
        }
        for at, each in enumerate(found.candidates)
    ]


def _per_seed(each: Contender, settings: Tune) -> dict[str, dict[str, float]]:
    return {
        defender: {str(s.seed): round(s.value(settings.disclosed), 4) for s in seen}
        for defender, seen in each.report.items()
    }
