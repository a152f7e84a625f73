"""Studies: where they are kept, whose they are."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any, get_args

import optuna
import pytest

from arena.errors import InputError
from arena.scenario.search import Sampler
from arena.search import session, studies
from arena.search.criteria import AttackCriteria
from arena.search.driver import StudySpec
from arena.search.phases import on_validation
from arena.search.session import identity
from arena.search.strategy_spaces import TacticSpace
from arena.search.study_identity import StudyIdentity
from tests.support.search_fakes import FakeEvaluators, drive, named, scenario, search


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
    studies.open_study(url, "s", ["maximize"], named("one"))
    with pytest.raises(InputError, match="another scenario") as caught:
        studies.open_study(url, "s", ["maximize"], named("two"))
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
        ("tune.race.dropped=0.3", False),
        ("tune.race=null", False),
    ],
)
def test_a_study_is_known_by_what_decides_its_trials(change: str, same: bool) -> None:
    """More trials, or another report, go on with it."""
    assert (identity(searched(change)).digest == identity(searched()).digest) is same


def test_an_error_names_what_differs(storage: str) -> None:
    spec = searched()
    studies.open_study(storage, "s", ["maximize"], identity(spec))
    other = identity(searched("defender.steps=40"))
    with pytest.raises(InputError, match=r"defender.steps is 60 there, 40 here\)"):
        studies.open_study(storage, "s", ["maximize"], other)
    more = identity(searched("defender.steps=40", "tune.seeds.search=[7, 8, 9, 10, 11, 12]"))
    with pytest.raises(InputError, match="; and 4 more"):
        studies.open_study(storage, "s", ["maximize"], more)


def of_earlier_version(storage: str, *without: str) -> optuna.Study:
    """A study of a version of the arena that did not have some settings yet."""
    whole = identity(searched())
    content = json.loads(json.dumps(whole.content))
    for key in without:
        *above, last = key.split(".")
        section = content
        for part in above:
            section = section[part]
        del section[last]
    return studies.open_study(storage, "s", ["maximize"], StudyIdentity(content))


@pytest.mark.parametrize(
    ("begun", "later"), [("null", "{dropped: 0.4}"), ("{dropped: 0.4}", "null")]
)
def test_a_study_without_a_race_takes_none_later(begun: str, later: str, storage: str) -> None:
    studies.open_study(storage, "s", ["maximize"], identity(searched(f"tune.race={begun}")))
    with pytest.raises(InputError, match="race"):
        studies.open_study(storage, "s", ["maximize"], identity(searched(f"tune.race={later}")))
    studies.open_study(storage, "s", ["maximize"], identity(searched(f"tune.race={begun}")))


@pytest.mark.parametrize("race", ["null", "{dropped: 0.4}"])
def test_a_study_of_a_version_that_recorded_no_race_goes_on(race: str, storage: str) -> None:
    before = of_earlier_version(storage, "race")
    before.tell(before.ask(), 0.5)
    again = identity(searched(f"tune.race={race}"))
    study = studies.open_study(storage, "s", ["maximize"], again)
    assert [trial.value for trial in study.get_trials()] == [0.5]


def test_settings_that_are_new_and_have_their_defaults_change_no_study(storage: str) -> None:
    before = of_earlier_version(storage, "numerics.scoring", "sampler.population", "dose")
    before.tell(before.ask(), 0.5)
    study = studies.open_study(storage, "s", ["maximize"], identity(searched()))
    assert len(study.get_trials()) == 1


@pytest.mark.parametrize(
    ("without", "change", "rule"),
    [
        ("numerics.scoring", "numerics.scoring=bfloat16", "is nothing there, bfloat16 here"),
        ("space.decoy_immunisation", "tune.trials=8", "space.decoy_immunisation"),
        ("prunes", "tune.trials=8", "prunes is nothing there, True here"),
    ],
)
def test_what_is_new_and_no_default_is_another_search(
    without: str, change: str, rule: str, storage: str
) -> None:
    of_earlier_version(storage, without)
    with pytest.raises(InputError, match=rule):
        studies.open_study(storage, "s", ["maximize"], identity(searched(change)))


def test_a_study_of_a_version_that_kept_the_digest_only_continues_if_it_is_the_same(
    storage: str,
) -> None:
    study = of_earlier_version(storage)
    study._storage.set_study_user_attr(study._study_id, studies.CONTENT, None)
    other = identity(searched("tune.prompts=32"))
    with pytest.raises(InputError, match="or is of an earlier version"):
        studies.open_study(storage, "s", ["maximize"], other)
    studies.open_study(storage, "s", ["maximize"], identity(searched()))
    with pytest.raises(InputError, match=r"evaluation\.prompts is 128 there, 32 here"):
        studies.open_study(storage, "s", ["maximize"], other)


def test_trials_of_other_code_are_counted_once(storage: str) -> None:
    study = studies.open_study(storage, "s", ["maximize"], named("one"))
    assert studies.of_other_code(study, "a") == 0
    study.tell(study.ask(), 0.5)
    assert [studies.of_other_code(study, code) for code in "abba"] == [0, 1, 0, 1]


def test_the_code_of_tactics_counts_though_the_scenario_uses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = searched()
    before = session.code_digest(spec)
    monkeypatch.setattr(session, "code_of", lambda part: f"edited {part.__name__}")
    assert session.code_digest(spec) != before


def searched(*overrides: str) -> StudySpec:
    base = scenario(*overrides)
    attack = base.tune
    assert attack is not None
    return search(
        scenario=on_validation(base, attack, attack.seeds.search),
        space=TacticSpace(attack),
        criteria=AttackCriteria(attack),
        trials=attack.trials,
        race=attack.race,
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
