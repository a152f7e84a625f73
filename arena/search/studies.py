"""Optuna studies: opened by URL and name, resumed, and shared by several drivers."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from arena import seeds
from arena.api.ranges import Choice, Range, Value, Whole
from arena.errors import InputError
from arena.scenario.search import Sampler
from arena.search import ownership
from arena.search.observations import Observation
from arena.search.storages import public_url, storage_of, told
from arena.search.study_identity import StudyIdentity, shown
from arena.search.trial_outcome import TrialOutcome

UNMARKED = 3.0  # seconds to wait for a new study to get its driver's mark
GLANCE = 0.1
SCENARIO, FACTS = "scenario", "facts"
CONTENT, CODE = "content", "code"  # of a study
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def open_study(
    storage: str, name: str, directions: Sequence[str], identity: StudyIdentity
) -> optuna.Study:
    """Open or create the study of this name and return it. A study that the arena did not make is
    not changed.

    Raises:
        InputError: the storage cannot be opened, or the study is of another scenario or program.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    opened = storage_of(storage)
    with told(storage):
        study = _stored(opened, name) or _created(opened, name, directions, identity)
        if study is None:  # another driver was faster
            study = optuna.load_study(study_name=name, storage=opened)
        _refuse_foreign(study, storage, directions, identity)
        if study.user_attrs.get(CONTENT) is None:
            study.set_user_attr(CONTENT, dict(identity.content))
        return study


def _stored(storage: optuna.storages.BaseStorage, name: str) -> optuna.Study | None:
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return None


def empty(directions: Sequence[str]) -> optuna.Study:
    """Return a study without trials, which is stored nowhere."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    goals: list[Any] = list(directions)
    return optuna.create_study(directions=goals)


def _created(
    storage: optuna.storages.BaseStorage,
    name: str,
    directions: Sequence[str],
    identity: StudyIdentity,
) -> optuna.Study | None:
    goals: list[Any] = list(directions)
    try:
        study = optuna.create_study(storage=storage, study_name=name, directions=goals)
    except optuna.exceptions.DuplicatedStudyError:
        return None
    study.set_user_attr(SCENARIO, identity.digest)
    return study


def _refuse_foreign(
    study: optuna.Study, storage: str, directions: Sequence[str], identity: StudyIdentity
) -> None:
    """Raise InputError if the study is of another scenario or program."""
    made_by, goals = _maker(study), [each.name.lower() for each in study.directions]
    what = "was not made by arena" if made_by is None else _otherwise(study, made_by, identity)
    if what is None and goals != list(directions):
        what = f"searches another scenario ({', '.join(directions)} here)"
    if what is None:
        return
    rule = f"a study of this name in {public_url(storage)} {what}: choose another name"
    trials = len(study.get_trials(deepcopy=False))
    found = f"{study.study_name} ({trials} trials; {', '.join(goals)})"
    allowed = ("a name that is new there", "the name of a search of this scenario")
    raise InputError(rule, key="--study", found=found, allowed=allowed)


def _otherwise(study: optuna.Study, made_by: str, identity: StudyIdentity) -> str | None:
    """How the study's scenario differs, in words; None if it does not. Settings that its version of
    the arena did not have yet are the same if they have their defaults here."""
    if made_by == identity.digest:
        return None
    content = study.user_attrs.get(CONTENT)
    if content is None:  # of a version that stored the digest only
        return "searches another scenario, or is of an earlier version of arena"
    differences = identity.differences(content)
    return f"searches another scenario ({shown(differences)})" if differences else None


def _maker(study: optuna.Study) -> Any:
    """The fingerprint of what the study searches. Another driver may have created it just now."""
    end = time.monotonic() + UNMARKED
    while SCENARIO not in study.user_attrs and time.monotonic() < end:
        if study.user_attrs or study.get_trials(deepcopy=False):
            break
        time.sleep(GLANCE)
    return study.user_attrs.get(SCENARIO)


def of_other_code(study: optuna.Study, code: str) -> int:
    """Return how many finished trials were measured before the code changed to this one, and record
    this one. code: a digest of all that decides the stages of its trials."""
    codes = list(study.user_attrs.get(CODE, ()))
    if codes[-1:] == [code]:
        return 0
    study.set_user_attr(CODE, [*codes, code])
    return len(study.get_trials(deepcopy=False, states=FINISHED)) if codes else 0


def sampler_of(
    settings: Sampler, name: str, number: int, *, grouped: bool = False
) -> optuna.samplers.BaseSampler:
    """Return a sampler whose draws depend only on the study's name and seed and the trial's number:
    a resumed study proposes what it would have proposed without the interruption.

    Args:
        grouped: whether trials differ in which parameters they have. TPE then models those that
            always occur together (Optuna's `group`); otherwise it would model only those that every
            trial has.
    """
    seed = seeds.integer(settings.seed, "proposals", name, str(number)) % 2**32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if settings.method == "random":
            return optuna.samplers.RandomSampler(seed)
        if settings.method == "nsga2":
            return optuna.samplers.NSGAIISampler(population_size=settings.population, seed=seed)
        if settings.method == "gp":
            return optuna.samplers.GPSampler(seed=seed, n_startup_trials=settings.startup)
        return optuna.samplers.TPESampler(
            seed=seed,
            n_startup_trials=settings.startup,
            multivariate=True,
            group=grouped,
        )


def distributions(dimensions: Mapping[str, Range]) -> dict[str, BaseDistribution]:
    """Return the ranges as Optuna's distributions."""
    return {name: _distribution(values) for name, values in dimensions.items()}


def _distribution(values: Range) -> BaseDistribution:
    if isinstance(values, Choice):
        return CategoricalDistribution(list(values.options))
    if isinstance(values, Whole):
        return IntDistribution(values.low, values.high, log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def proposed(study: optuna.Study) -> optuna.Trial:
    """Create a trial without parameters, owned by this driver."""
    trial = study.ask()
    ownership.claim(trial)
    return trial


def filled(
    trial: optuna.Trial,
    space: Mapping[str, BaseDistribution],
    has: Callable[[str, Mapping[str, Value]], bool],
) -> optuna.Trial:
    """Sample the parameters that the trial does not have yet, and return it. has: whether a trial
    with some parameters has a further one, by name."""
    for name, values in space.items():
        if not has(name, trial.params):
            continue
        if isinstance(values, CategoricalDistribution):
            trial.suggest_categorical(name, values.choices)
        elif isinstance(values, IntDistribution):
            trial.suggest_int(name, values.low, values.high, log=values.log)
        elif isinstance(values, FloatDistribution):
            trial.suggest_float(name, values.low, values.high, log=values.log)
    return trial


def enqueue(study: optuna.Study, starts: Sequence[Mapping[str, Value]]) -> None:
    """Have these parameters tried next, each once: those that the study has are left out, so a
    driver that died in between leaves none behind."""
    for params in starts:
        study.enqueue_trial(dict(params), skip_if_exists=True)


def completed(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that were measured to their end, to be read only."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def feasible_observations(trial: FrozenTrial) -> list[Observation]:
    """Return a finished trial's observations by seed; empty if it broke a constraint."""
    outcome = outcome_of(trial)
    return list(outcome.seen) if outcome is not None and outcome.feasible else []


def count(study: optuna.Study) -> int:
    """Return the number of trials that are finished or running."""
    return len(study.get_trials(deepcopy=False, states=(*FINISHED, TrialState.RUNNING)))


def remember(trial: optuna.Trial, outcome: TrialOutcome) -> None:
    """Store the outcome with the trial, in one write, since each write waits for the storage's
    disk."""
    trial.set_user_attr(FACTS, outcome.to_json())


def outcome_of(trial: FrozenTrial | optuna.Trial) -> TrialOutcome | None:
    """Return the outcome that `remember` stored, None if there is none. A running trial that has
    one only has to be ended."""
    stored = trial.user_attrs.get(FACTS)
    return None if stored is None else TrialOutcome.from_json(stored)


def constrain(trial: optuna.Trial, constraints: Mapping[str, float]) -> None:
    """Pass the constraints to Optuna; those that a dead driver passed are equal, and are kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in constraints.items():
            trial.set_constraint(name, value)


def seconds_busy(study: optuna.Study) -> float:
    """Return the seconds in which at least one of the finished trials ran, over all drivers; time
    between two drivers does not count."""
    spans = []
    for trial in study.get_trials(deepcopy=False, states=FINISHED):
        if trial.datetime_complete is not None:
            end = trial.datetime_complete.timestamp()
            outcome = outcome_of(trial) or TrialOutcome()
            spans.append((end - (outcome.seconds or 0.0), end))
    total, until = 0.0, -math.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def observations_of(trial: FrozenTrial) -> list[Observation]:
    """Return a finished trial's observations, one per seed that it was measured in."""
    outcome = outcome_of(trial)
    return [] if outcome is None else list(outcome.seen)
