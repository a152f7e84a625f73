"""Optuna studies: opened by URL and name, resumed, and shared by several drivers.

A running trial belongs to a driver, which sends a heartbeat every few seconds. Without heartbeats
another driver adopts the trial: it keeps its number and its parameters, and is measured again
from the stages in the store. So no finished trial is lost or run twice.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import socket
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from arena import seeds
from arena.api.ranges import Choice, Range, Whole
from arena.errors import InputError
from arena.scenario.search import Sampler
from arena.search.observations import Observation
from arena.search.trial_outcome import TrialOutcome

JOURNAL = "journal://"
MYSELF = uuid.uuid4().hex  # this driver
BEAT = 10.0  # seconds between two heartbeats
SILENT = 60.0  # seconds without a heartbeat after which a driver counts as dead
OWNER, SEEN, SCENARIO, FACTS = "driver", "seen", "scenario", "facts"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def storage_of(url: str) -> optuna.storages.BaseStorage:
    """Open the storage at a URL: `sqlite:///FILE`, `journal://FILE`, or any URL of SQLAlchemy's.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        if url.startswith(JOURNAL):
            file = Path(url.removeprefix(JOURNAL))
            file.parent.mkdir(parents=True, exist_ok=True)
            backend = JournalFileBackend(str(file))
            return optuna.storages.JournalStorage(backend)
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return optuna.storages.RDBStorage(url)
    except Exception as error:  # each database driver has its own exceptions
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if isinstance(error.__cause__, ModuleNotFoundError):  # Optuna does not name the module
            lines[0] += f" ({error.__cause__})"
        raise InputError(
            f"cannot be opened: {lines[0]}", key="--storage", found=public_url(url)
        ) from error


def public_url(url: str) -> str:
    """Return a storage's URL without passwords, neither the user's nor an option's."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r"//.*@", "//***@", url)
    secret = {key: "hidden" for key in parsed.query if "pass" in key.lower()}
    if parsed.password is None and not secret:
        return url
    return parsed.update_query_dict(secret).render_as_string(hide_password=True)


def open_study(
    storage: str, name: str, directions: Sequence[str], fingerprint: str
) -> optuna.Study:
    """Open the study of this name, or create it.

    Raises:
        InputError: the storage cannot be opened, or the study belongs to another scenario.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=storage_of(storage),
        study_name=name,
        directions=list(directions),  # type: ignore[arg-type]
        load_if_exists=True,
    )
    made_by = study.user_attrs.get(SCENARIO)
    if made_by is None:
        study.set_user_attr(SCENARIO, fingerprint)
    elif made_by != fingerprint:
        rule = "a study of this name searches another scenario: choose another name"
        raise InputError(rule, key="--study", found=name)
    return study


def sampler_of(settings: Sampler, name: str, number: int) -> optuna.samplers.BaseSampler:
    """Return a sampler whose draws depend only on the study's name and seed and the trial's number:
    a resumed study proposes what it would have proposed without the interruption."""
    seed = seeds.integer(settings.seed, "proposals", name, str(number)) % 2**32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if settings.method == "random":
            return optuna.samplers.RandomSampler(seed)
        if settings.method == "nsga2":
            return optuna.samplers.NSGAIISampler(population_size=settings.population, seed=seed)
        if settings.method == "gp":
            return optuna.samplers.GPSampler(
                seed=seed, n_startup_trials=settings.startup, warn_independent_sampling=False
            )
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=settings.startup, multivariate=True
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
    claim(trial)
    return trial


def filled(trial: optuna.Trial, space: Mapping[str, BaseDistribution]) -> optuna.Trial:
    """Sample the parameters that the trial does not have yet, and return it."""
    for name, values in space.items():
        if isinstance(values, CategoricalDistribution):
            trial.suggest_categorical(name, values.choices)
        elif isinstance(values, IntDistribution):
            trial.suggest_int(name, values.low, values.high, log=values.log)
        elif isinstance(values, FloatDistribution):
            trial.suggest_float(name, values.low, values.high, log=values.log)
    return trial


def claim(trial: optuna.Trial) -> None:
    """Record this driver as the trial's owner."""
    trial.set_user_attr(OWNER, {"host": socket.gethostname(), "pid": os.getpid(), "id": MYSELF})
    send_heartbeat(trial)


def ours(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether this driver still owns the trial: it runs, and no other driver adopted it."""
    stored = study.get_trials(deepcopy=False)[trial.number]
    owner = stored.user_attrs.get(OWNER, {})
    return stored.state == TrialState.RUNNING and owner.get("id") == MYSELF


@contextlib.contextmanager
def heartbeat(trials: Callable[[], Sequence[optuna.Trial]]) -> Iterator[None]:
    """Send heartbeats for these trials in a thread of their own, until the block ends."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            for trial in trials():
                # the storage may be busy; the next heartbeat may succeed
                with contextlib.suppress(Exception):
                    if ours(trial.study, trial):
                        send_heartbeat(trial)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def send_heartbeat(trial: optuna.Trial) -> None:
    """Record that the trial's driver is alive now."""
    trial.set_user_attr(SEEN, time.time())


def adopt(study: optuna.Study, own: Sequence[int]) -> optuna.Trial | None:
    """Take over a running trial whose driver is dead, if there is one. own: the numbers of this
    driver's trials."""
    for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if frozen.number not in own and abandoned(frozen):
            trial = optuna.Trial(study, frozen._trial_id)
            claim(trial)
            if ours(
                study, trial
            ):  # of two drivers that adopt it at once, the last to write owns it
                return trial
    return None


def abandoned(trial: FrozenTrial) -> bool:
    """Return whether a running trial's driver is dead: its process ended on this machine, or its
    heartbeats stopped (on another machine, or where another process has its id by now)."""
    owner = trial.user_attrs.get(OWNER, {})
    here = owner.get("host") == socket.gethostname()
    if here and not _alive(int(owner["pid"])):
        return True
    began = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
    return time.time() - float(trial.user_attrs.get(SEEN, began)) > SILENT


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def count(study: optuna.Study) -> int:
    """Return the number of trials that are finished or running."""
    return len(study.get_trials(deepcopy=False, states=(*FINISHED, TrialState.RUNNING)))


def remember(trial: optuna.Trial, outcome: TrialOutcome) -> None:
    """Store the outcome with the trial; in one write, since each waits for the storage's disk."""
    trial.set_user_attr(FACTS, outcome.to_json())


def outcome_of(trial: FrozenTrial | optuna.Trial) -> TrialOutcome | None:
    """Return the outcome that `remember` stored, None if there is none. A running trial that has
    one only has to be ended."""
    stored = trial.user_attrs.get(FACTS)
    return None if stored is None else TrialOutcome.from_json(stored)


def constrain(trial: optuna.Trial, constraints: Mapping[str, float]) -> None:
    """Pass the constraints to Optuna; a dead driver's are the same, and stay."""
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
