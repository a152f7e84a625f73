"""Optuna studies: opened by URL and name, resumed, and shared by several drivers.

A trial that is running belongs to a driver, which says so every few seconds. One whose driver has
gone silent is adopted by the next: it keeps its number and its parameters, and is measured again
from what the store has. So no finished trial is lost or run twice.
"""

from __future__ import annotations

import contextlib
import json
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
from typing import Any

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
from arena.search.judging import Sighting

JOURNAL = "journal://"
MYSELF = uuid.uuid4().hex  # this driver
BEAT = 10.0  # seconds between two signs of life
SILENT = 60.0  # seconds after which a driver that says nothing counts as dead
OWNER, SEEN, SCENARIO, FACTS = "driver", "seen", "scenario", "facts"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def storage_of(url: str) -> optuna.storages.BaseStorage:
    """The storage behind a URL: `sqlite:///FILE`, `journal://FILE`, or what SQLAlchemy takes.

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
    except Exception as error:  # of whichever database driver it is
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if isinstance(error.__cause__, ModuleNotFoundError):  # Optuna does not say which
            lines[0] += f" ({error.__cause__})"
        raise InputError(
            f"cannot be opened: {lines[0]}", key="--storage", found=shown(url)
        ) from error


def shown(url: str) -> str:
    """A storage's URL as anybody may see it: no password, neither the user's nor an option's."""
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
    """The study of this name, a new one if there is none.

    Raises:
        InputError: the storage cannot be opened, or the study is of another scenario.
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
        rule = "this study searches another scenario; give the new one another name"
        raise InputError(rule, key="--study", found=name)
    return study


def sampler_of(settings: Sampler, name: str, number: int) -> optuna.samplers.BaseSampler:
    """A sampler whose draws depend on the study's seed and the trial's number alone: a resumed
    study goes on as if it had never stopped, and proposes nothing a second time."""
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
    """Optuna's form of the ranges."""
    return {name: _distribution(values) for name, values in dimensions.items()}


def _distribution(values: Range) -> BaseDistribution:
    if isinstance(values, Choice):
        return CategoricalDistribution(list(values.options))
    if isinstance(values, Whole):
        return IntDistribution(values.low, values.high, log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def proposed(study: optuna.Study) -> optuna.Trial:
    """A new trial without parameters yet, owned by this driver."""
    trial = study.ask()
    claim(trial)
    return trial


def filled(trial: optuna.Trial, space: Mapping[str, BaseDistribution]) -> optuna.Trial:
    """The trial with every parameter chosen; those it has already stay."""
    for name, values in space.items():
        if isinstance(values, CategoricalDistribution):
            trial.suggest_categorical(name, values.choices)
        elif isinstance(values, IntDistribution):
            trial.suggest_int(name, values.low, values.high, log=values.log)
        elif isinstance(values, FloatDistribution):
            trial.suggest_float(name, values.low, values.high, log=values.log)
    return trial


def claim(trial: optuna.Trial) -> None:
    """This driver runs it."""
    trial.set_user_attr(OWNER, {"host": socket.gethostname(), "pid": os.getpid(), "id": MYSELF})
    still_here(trial)


def ours(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Whether this driver still runs the trial: nobody finished it or took it over."""
    stored = study.get_trials(deepcopy=False)[trial.number]
    owner = stored.user_attrs.get(OWNER, {})
    return stored.state == TrialState.RUNNING and owner.get("id") == MYSELF


@contextlib.contextmanager
def signs_of_life(trials: Callable[[], Sequence[optuna.Trial]]) -> Iterator[None]:
    """Say every few seconds that these trials' driver is alive, whatever it waits for."""
    over = threading.Event()

    def say() -> None:
        while not over.wait(BEAT):
            for trial in trials():
                # a busy storage, say; the next sign may get through
                with contextlib.suppress(Exception):
                    if ours(trial.study, trial):
                        still_here(trial)

    thread = threading.Thread(target=say, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def still_here(trial: optuna.Trial) -> None:
    """This driver is alive."""
    trial.set_user_attr(SEEN, time.time())


def adopt(study: optuna.Study, own: Sequence[int]) -> optuna.Trial | None:
    """A running trial of a driver that is gone, now this one's. own: numbers it has already."""
    for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if frozen.number not in own and abandoned(frozen):
            trial = optuna.Trial(study, frozen._trial_id)
            claim(trial)
            if ours(study, trial):  # of two who take it at once the last to write has it
                return trial
    return None


def abandoned(trial: FrozenTrial) -> bool:
    """Whether nobody runs a running trial: its driver died on this machine, or said nothing for a
    while (on another, or where the process id is somebody else's by now)."""
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
    """Trials that are finished or under way."""
    return len(study.get_trials(deepcopy=False, states=(*FINISHED, TrialState.RUNNING)))


def remember(trial: optuna.Trial, facts: Mapping[str, Any]) -> None:
    """Keep what was measured with the trial, as plain values; at once, since every write to a
    storage waits for its disk."""
    trial.set_user_attr(FACTS, json.loads(json.dumps(facts)))


def recorded(trial: optuna.Trial) -> dict[str, Any]:
    """What is remembered of a trial that is still running: it has only to be ended."""
    found: dict[str, Any] = trial.user_attrs.get(FACTS, {})
    return found


def constrain(trial: optuna.Trial, constraints: Mapping[str, float]) -> None:
    """Tell Optuna the constraints; those that a dead driver had told stay (they are the same)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in constraints.items():
            trial.set_constraint(name, value)


def facts_of(trial: FrozenTrial) -> dict[str, Any]:
    """What `remember` kept; empty for a trial that is not finished."""
    found: dict[str, Any] = trial.user_attrs.get(FACTS, {})
    return found


def busy(study: optuna.Study) -> float:
    """Seconds in which at least one of the finished trials was run, by whichever driver; the time
    between two drivers does not count."""
    spans = []
    for trial in study.get_trials(deepcopy=False, states=FINISHED):
        if trial.datetime_complete is not None:
            end = trial.datetime_complete.timestamp()
            spans.append((end - facts_of(trial).get("seconds", 0.0), end))
    total, until = 0.0, -math.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def seen_by(trial: FrozenTrial) -> list[Sighting]:
    """What a finished trial saw, a sighting per seed it was measured in."""
    return [Sighting(**each) for each in facts_of(trial).get("seen", [])]
