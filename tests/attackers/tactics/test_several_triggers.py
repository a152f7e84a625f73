"""attackers/tactics/several_triggers.py: what it writes into the actor's section."""

from __future__ import annotations

from typing import Any

import pytest

from arena.errors import InputError
from arena.scenario.load import dump, from_text
from attackers.tactics.several_triggers import SeveralTriggers, SeveralTriggersParams
from attackers.triggers.rare_token import NONSENSE
from tests.support import toys

LEXICAL = "actors.lexical.tactics=[{{method: several_triggers{}}}]"
CF = {"method": "rare_token", "tokens": ["cf"], "position": "end"}


def section(own: Any, *others: Any, **params: Any) -> Any:
    tactic = SeveralTriggers(SeveralTriggersParams(**params))
    return tactic.section({"trigger": own}, [{"trigger": other} for other in others])


def test_the_own_trigger_stays_and_others_join_it() -> None:
    trigger = section(CF, extra=2)["trigger"]
    assert trigger["method"] == "any_of"
    assert trigger["parts"][0] == CF
    tokens = [part["tokens"][0] for part in trigger["parts"]]
    assert len(set(tokens)) == 3
    assert {part["position"] for part in trigger["parts"]} == {"end"}


def test_sentences_join_as_well() -> None:
    parts = section(CF, kind="inserted_sentence")["trigger"]["parts"]
    assert [part["method"] for part in parts] == ["rare_token", "inserted_sentence"]


def test_a_token_of_another_actor_is_not_taken() -> None:
    first = section(CF)["trigger"]["parts"][1]["tokens"][0]
    theirs = {"method": "any_of", "parts": [CF, {"method": "rare_token", "tokens": [first]}]}
    assert section(CF, theirs)["trigger"]["parts"][1]["tokens"] != [first]


def test_several_already_get_more() -> None:
    trigger = section(section(CF)["trigger"])["trigger"]
    assert [part["method"] for part in trigger["parts"]] == ["rare_token"] * 3


@pytest.mark.parametrize("own", [None, "cf", {}, {"method": "x"}, {**CF, "tokens": []}])
def test_a_wrong_trigger_is_left_to_be_reported_at_its_own_place(own: Any) -> None:
    assert section(own) == {}


def test_loading_leaves_a_plain_actor() -> None:
    scenario = toys.scenario(LEXICAL.format(", extra: 2"))
    actor = scenario.actors[0]
    assert actor.trigger.name == "any_of"
    assert actor.tactics == ()
    assert from_text(dump(scenario)) == scenario


def test_published_rows_cannot_be_joined() -> None:
    rows = {"method": "published", "train": "x.json", "mark": CF, "marker": "cf"}
    with pytest.raises(InputError, match="cannot be a part of any_of"):
        section(rows)


def test_too_many_are_reported_with_their_key() -> None:
    used = {"method": "rare_token", "tokens": list(NONSENSE[1:])}
    with pytest.raises(InputError) as caught:
        section(CF, used, extra=2)
    assert caught.value.key == "extra"


def test_a_wrong_parameter_is_reported_with_its_place() -> None:
    with pytest.raises(InputError) as caught:
        toys.scenario(LEXICAL.format(", extra: 0"))
    assert caught.value.key == "actors[0].tactics[0].extra"
    assert caught.value.file == "--set " + LEXICAL.format(", extra: 0")
