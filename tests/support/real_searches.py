"""Results as a search and a duel write them; only the evaluators, which measure, are fake."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from arena.api.world import DataRoot
from arena.progress.observer import Silent
from arena.results.duel import DuelResults
from arena.results.tune import TuneResults
from arena.scenario.load import load_scenario
from arena.search.duel import _Duel
from arena.search.session import Session
from arena.search.tune import _tuned
from arena.store.store import Store
from tests.support.search_fakes import FakeEvaluators, Notes


def real_tune_results(folder: Path, notes: list[str] | None = None) -> TuneResults:
    """Results of a short `arena tune`, which continues the folder's study if there is one."""
    session = searching("tune_evasion", folder, "tune.trials=5", "tune.best=2")
    return _tuned(session if notes is None else replace(session, observer=Notes(notes)))


def real_duel_results(folder: Path) -> DuelResults:
    """Results of a short `arena duel`."""
    few = ("duel.trials=2", "duel.blue.trials=2")
    return _Duel(searching("duel_two_rounds", folder, *few)).play()


def searching(name: str, folder: Path, *overrides: str) -> Session:
    """Return the session of a bundled search whose evaluators are fake."""
    return Session(
        scenario=load_scenario(name, overrides=["runtime.backend=serial", *overrides]),
        name=name,
        storage=f"journal://{folder / 'study.log'}",
        folder=folder,
        store=Store(folder / "store"),
        root=DataRoot(),
        evaluators=FakeEvaluators(folder / "evaluators.log"),
        parallel=1,
        observer=Silent(),
        emit=lambda event: None,
        began=time.monotonic(),
    )
