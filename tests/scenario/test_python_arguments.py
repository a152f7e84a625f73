"""What Python callers pass: one value where several are meant, or a wrong type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arena.errors import InputError
from arena.results.reader import read_results
from arena.runs.run import opened
from arena.scenario.load import load_scenario

STRANGE: list[Any] = [None, 3, [{}], 2.5, object()]


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
    assert load_scenario("quickstart", seeds=range(2)).seeds == (0, 1)


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


@pytest.mark.parametrize("given", STRANGE)
def test_results_are_read_from_paths_only(given: Any) -> None:
    with pytest.raises(InputError, match="must be a path"):
        read_results(given)


def test_a_data_folder_may_be_a_path_or_its_name(tmp_path: Path) -> None:
    for root in (tmp_path, str(tmp_path)):
        with opened("quickstart", root) as (_, where):
            assert where.data == tmp_path
    with pytest.raises(InputError, match="must be a path"), opened("quickstart", 3):  # type: ignore[arg-type]
        pass
