"""Studies: where they are kept, whose they are."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any, get_args

import pytest

from arena.errors import InputError
from arena.scenario.search import Sampler
from arena.search import studies
from arena.search.criteria import AttackCriteria
from arena.search.driver import StudySpec
from arena.search.phases import on_validation
from arena.search.session import fingerprint
from arena.search.strategy_spaces import TacticSpace
from tests.support.search_fakes import FakeEvaluators, drive, scenario, search


@pytest.mark.parametrize("kind", ["sqlite:///{}/deep/er.db", "journal://{}/deep/er.log"])
def test_a_study_is_found_again_by_url_and_name(kind: str, tmp_path: Path) -> None:
    url = kind.format(tmp_path)
    drive(search(3), url, FakeEvaluators(tmp_path / "log"))
    study = drive(search(3), url, FakeEvaluators(tmp_path / "log"))
    assert len(study.get_trials()) == 3


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/none/x.db", "what://host/db"])
def test_a_storage_that_cannot_be_opened_is_told(url: str) -> None:
    with pytest.raises(InputError) as caught:
        studies.storage_of(url)
    assert caught.value.key == "--storage"
    assert caught.value.found == url


def test_a_storage_without_its_driver_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)  # as if it were not installed
    with pytest.raises(InputError, match="MySQLdb"):
        studies.storage_of("mysql://host/db")


def test_a_study_of_another_scenario_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    studies.open_study(url, "s", ["maximize"], "one")
    with pytest.raises(InputError, match="another scenario") as caught:
        studies.open_study(url, "s", ["maximize"], "two")
    assert caught.value.key == "--study"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("tune.trials=80", True),
        ("tune.compare=[untuned]", True),
        ("tune.best=2", True),
        ("runtime.workers=1", True),
        ("tune.seeds.report=[9]", True),
        ("tune.seeds.search=[77]", False),
        ("tune.prompts=32", False),
        ("tune.tactics[0].space.rate.high=0.1", False),
        ("defender.steps=40", False),
        ("tune.limits.written=0.3", False),
    ],
)
def test_a_study_is_known_by_what_decides_its_trials(change: str, same: bool) -> None:
    """More trials, or another report, go on with it."""
    assert (fingerprint(searched(change)) == fingerprint(searched())) is same


def searched(*overrides: str) -> StudySpec:
    base = scenario(*overrides)
    attack = base.tune
    assert attack is not None
    return search(
        scenario=on_validation(base, attack, attack.seeds.search),
        space=TacticSpace(attack),
        criteria=AttackCriteria(attack),
        trials=attack.trials,
    )


@pytest.mark.parametrize("method", get_args(Sampler.model_fields["method"].annotation))
def test_a_sampler_takes_no_argument_that_optuna_gives_up(method: Any) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for grouped in (False, True):
            studies.sampler_of(Sampler(method=method), "s", 0, grouped=grouped)
    assert not [str(each.message) for each in told]


def test_a_search_causes_no_warning(tmp_path: Path) -> None:
    log = f"journal://{tmp_path / 'log'}"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        drive(search(5, sampler="tpe"), log, FakeEvaluators(tmp_path / "l"))
    assert not [str(each.message) for each in told]


def test_a_living_process_keeps_its_trial() -> None:
    assert studies._alive(os.getpid())
    assert not studies._alive(2**22 + 1)
