"""attackers/tactics/composite_trigger.py: what it writes into the actor's section."""

from __future__ import annotations

from typing import Any

import pytest

from arena.api.ranges import Choice
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.load import dump, from_text
from attackers.rewriting.styles import STYLES
from attackers.tactics.composite_trigger import CompositeTrigger, CompositeTriggerParams
from tests.support import toys

QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")
CF = {"method": "rare_token", "tokens": ["cf"]}
STYLE = {"method": "style", "style": "tweet"}


def section(own: Any, *others: Any, method: Any = "rare_token") -> Any:
    tactic = CompositeTrigger(CompositeTriggerParams(with_method=method))
    return tactic.section({"trigger": own}, [{"trigger": other} for other in others])


def methods() -> tuple[Any, ...]:
    choice = CompositeTrigger.space()["with_method"]
    assert isinstance(choice, Choice)
    return choice.options


@pytest.mark.parametrize("method", methods())
def test_every_method_of_the_space_joins_a_token(method: str) -> None:
    trigger = section(CF, method=method)["trigger"]
    assert trigger["method"] == "composite"
    assert [part["method"] for part in trigger["parts"]] == ["rare_token", method]
    assert trigger["parts"][0] == CF


def test_a_token_of_another_actor_is_not_taken() -> None:
    first = section(CF)["trigger"]["parts"][1]
    assert first["tokens"] != ["cf"]
    assert section(CF, first)["trigger"]["parts"][1] != first


@pytest.mark.parametrize(
    "theirs",
    [
        {"method": "style"},  # archaic, by default
        {"method": "style", "style": "bible"},  # another name of archaic
        {"method": "syntactic"},
        {"method": "semantic"},
        {"method": "any_of", "parts": [CF, {"method": "style"}]},
    ],
)
def test_what_another_actor_plants_is_not_a_part(theirs: dict[str, Any]) -> None:
    method = theirs["parts"][1]["method"] if "parts" in theirs else theirs["method"]
    usual = section(CF, method=method)["trigger"]["parts"][1]
    assert usual == {"method": method}
    other = section(CF, theirs, method=method)["trigger"]["parts"][1]
    assert other != usual
    assert other["method"] == method
    again = section(CF, theirs, other, method=method)["trigger"]["parts"][1]
    assert again not in (usual, other)


def test_a_method_all_of_whose_values_are_planted_is_refused() -> None:
    every = [{"method": "style", "style": value} for value in STYLES]
    with pytest.raises(InputError, match="used by triggers of the scenario already"):
        section(CF, *every, method="style")


def test_a_composite_gets_another_part() -> None:
    parts = section(section(CF)["trigger"], method="style")["trigger"]["parts"]
    assert [part["method"] for part in parts] == ["rare_token", "rare_token", "style"]


@pytest.mark.parametrize("own", [None, {}, {"method": "x"}, {"method": "rare_token"}])
def test_a_wrong_trigger_is_left_to_be_reported_at_its_own_place(own: Any) -> None:
    assert section(own) == {}


@pytest.mark.parametrize(
    "own", [{"method": "any_of", "parts": [CF, STYLE]},
            {"method": "published", "train": "x.json", "mark": CF, "marker": "cf"}]
)  # fmt: skip
def test_what_cannot_be_a_part_is_refused(own: Any) -> None:
    with pytest.raises(InputError, match="cannot be a part of composite"):
        section(own)


def test_a_second_style_is_refused_with_file_line_and_key() -> None:
    tactic = "tactics: [{method: composite_trigger, with_method: syntactic}]"
    text = QUICKSTART.replace(
        "payload: {kind: refusal}", f"payload: {{kind: refusal}}\n    {tactic}"
    )
    with pytest.raises(InputError) as caught:
        from_text(text, "mine.yaml")
    error = caught.value
    assert (error.file, error.key) == ("mine.yaml", "actors[1].tactics[0].with_method")
    assert error.line == text[: text.index(tactic)].count("\n") + 1
    assert "one frame" in error.message


def test_loading_leaves_a_plain_actor() -> None:
    method = "{method: composite_trigger, with_method: style}"
    scenario = toys.scenario(f"actors.lexical.tactics=[{method}]")
    assert scenario.actors[0].trigger.name == "composite"
    assert scenario.actors[0].tactics == ()
    assert from_text(dump(scenario)) == scenario
