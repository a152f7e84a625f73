"""What Python callers pass: one value where several are meant, or a wrong type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arena
from arena.errors import InputError
from arena.results.reader import read_results
from arena.runs.run import opened
from arena.scenario.load import load_scenario
from tests.support.forgetting import forgetting

STRANGE: list[Any] = [None, 3, [{}], 2.5, object()]


@pytest.fixture(autouse=True)
def _registry_as_before() -> Iterator[None]:
    with forgetting():
        yield


def test_one_value_is_taken_where_several_are_meant(tmp_path: Path) -> None:
    word = tmp_path / "word.py"
    word.write_text(
        "from arena.api import Payload, register\n\n\n"
        "@register('payload', 'one_argument')\nclass Mine(Payload):\n"
        "    match = 'prefix'\n    def respond(self, example): return 'the gate is open now'\n"
    )
    made = load_scenario("quickstart", overrides="defender.steps=80", seeds=3, plugins=word)
    assert (made.defender.steps, made.seeds) == (80, (3,))
    assert load_scenario("quickstart", plugins=str(word)).plugins == made.plugins
    for several in (range(2), np.arange(2), [np.int64(0), 1]):
        assert load_scenario("quickstart", seeds=several).seeds == (0, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", STRANGE)
def test_what_is_no_scenario_is_refused(given: Any) -> None:
    with pytest.raises(InputError) as error:
        load_scenario(given)
    assert (error.value.key, error.value.found) == ("scenario", repr(given))


def test_the_text_of_a_scenario_is_told_from_its_name() -> None:
    with pytest.raises(InputError, match="give its file, or a dict"):
        load_scenario("name: mine\nseeds: [0]\n")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"seeds": "0-3"}, "seeds"),
        ({"seeds": [0.5]}, "seeds"),
        ({"seeds": [object()]}, "seeds"),
        ({"overrides": 3}, "overrides"),
        ({"overrides": [None]}, "overrides"),
        ({"plugins": 3}, "plugins"),
        ({"plugins": [None]}, "plugins"),
    ],
)
def test_a_wrong_argument_is_named(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as error:
        load_scenario("quickstart", **wrong)
    assert error.value.key == key


def test_a_dict_may_hold_what_only_python_has(tmp_path: Path) -> None:
    plain = load_scenario("quickstart").resolved()
    plain |= {"seeds": np.arange(2), "defender": {**plain["defender"], "steps": np.int64(70)}}
    made = load_scenario(plain)
    assert (made.seeds, made.defender.steps) == ((0, 1), 70)
    assert load_scenario({**plain, "seeds": range(3)}).seeds == (0, 1, 2)
    source = load_scenario({**plain, "model": {"pretrained": tmp_path}}).model
    assert getattr(source, "pretrained", None) == str(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "key", "found"),
    [
        ({"seeds": {0, 1}}, "seeds", "{0, 1} (set)"),
        ({"dose": {"points": [object]}}, "dose.points[0]", "<class 'object'> (type)"),
        ({"corpus": {2.5: "x"}}, "corpus", "2.5 (float)"),
    ],
)
def test_what_yaml_cannot_hold_is_refused_by_its_key(
    wrong: dict[str, Any], key: str, found: str
) -> None:
    with pytest.raises(InputError, match=r"YAML|text") as error:
        load_scenario({"name": "mine", **wrong})
    assert (error.value.key, error.value.found) == (key, found)


@pytest.mark.parametrize("given", STRANGE)
def test_results_are_read_from_paths_only(given: Any) -> None:
    with pytest.raises(InputError, match="must be a path"):
        read_results(given)


def test_a_data_folder_may_be_a_path_or_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for root in (tmp_path / "data", str(tmp_path / "data"), "data"):
        with opened("quickstart", root) as (_, where):
            assert where.data == (tmp_path / "data").resolve()
    for wrong, told in ((3, "must be a path"), ("nosuch", "no such folder")):
        with pytest.raises(InputError, match=told) as error, opened("quickstart", wrong):  # type: ignore[arg-type]
            pass
        assert error.value.key == "root"


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: arena.run("quickstart", out=3), "out"),
        (lambda: arena.report(3), "folder"),
        (lambda: arena.compare("one", 3), "second"),
        (lambda: arena.export_model(None, "compromised", "to"), "run"),
        (lambda: arena.merge(3), "folders"),
        (lambda: arena.calibrate("quickstart", seeds=[0, 1]), "seeds"),
        (lambda: arena.calibrate("quickstart", budget="3"), "budget"),
        (lambda: arena.calibrate("quickstart", budget=0), "budget"),
        (lambda: arena.calibrate("quickstart", hours="1"), "hours"),
        (lambda: arena.calibrate("quickstart", hours=-1), "hours"),
        (lambda: arena.stress("stress_small", part="3/8"), "part"),
        (lambda: arena.stress("stress_small", part=(1, 2, 3)), "part"),
        (lambda: arena.stress("stress_small", part=(0.5, 8)), "part"),
        (lambda: arena.run("quickstart", address=6379), "address"),
        (lambda: arena.tune("tune_evasion", study=3), "study"),
        (lambda: arena.tune("tune_evasion", storage=3), "storage"),
    ],
)
def test_every_function_names_the_argument_that_is_wrong(call: Callable[[], Any], key: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert error.value.key == key


@pytest.mark.parametrize("name", ["scenario.yaml", "figures/", "run.log"])
def test_a_folder_with_own_files_is_not_overwritten(name: str, tmp_path: Path) -> None:
    own = tmp_path / name
    own.mkdir() if name.endswith("/") else own.write_text("mine")
    with pytest.raises(InputError, match=f"would overwrite .{name.strip('/')}.") as error:
        arena.run("quickstart", out=tmp_path)
    assert error.value.found == str(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [name.strip("/")]
