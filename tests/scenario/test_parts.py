from typing import Any

import pytest
import yaml

from arena.errors import InputError
from arena.scenario.load import from_text
from arena.scenario.parts import NAME_KEYS

pytestmark = pytest.mark.usefixtures("fakes")


def refused(data: dict[str, Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        from_text(yaml.safe_dump(data), "s.yaml")
    return caught.value


def test_a_part_holds_its_class_and_validated_parameters(plain: dict[str, Any]) -> None:
    plain["actors"][0]["trigger"] |= {"strength": 1, "inner": {"depth": 2}}
    part = from_text(yaml.safe_dump(plain)).actors[0].trigger
    assert (part.kind, part.name) == ("trigger", "framed")
    assert part.part_class.__name__ == "FakeTrigger"
    assert isinstance(part.params, part.part_class.Params)
    assert part.dump() == {
        "method": "framed",
        "frames": ["when"],
        "strength": 1.0,
        "inner": {"depth": 2},
        "odd": False,
    }


def test_names_stand_under_the_key_of_their_kind(plain: dict[str, Any]) -> None:
    resolved = from_text(yaml.safe_dump(plain)).resolved()
    actor = resolved["actors"][0]
    assert resolved["corpus"][NAME_KEYS["corpus"]] == "words"
    assert actor["trigger"][NAME_KEYS["trigger"]] == "framed"
    assert actor["payload"][NAME_KEYS["payload"]] == "say"
    assert resolved["defender"]["objective"][NAME_KEYS["objective"]] == "undo"


@pytest.mark.parametrize(
    ("more", "key", "message"),
    [
        ({"inner": {"depth": 4}}, "actors[0].trigger.inner.depth", "must be in [1, 3], got 4"),
        ({"inner": {"dept": 1}}, "actors[0].trigger.inner.dept", "did you mean 'depth'"),
        ({"inner": 3}, "actors[0].trigger.inner", "must be a section"),
        ({"strength": 2.5}, "actors[0].trigger.strength", "must be in (0, 2], got 2.5"),
        ({"strenght": 1}, "actors[0].trigger.strenght", "did you mean 'strength'"),
        ({"frames": "when"}, "actors[0].trigger.frames", "must be a list"),
        ({"frames": [1]}, "actors[0].trigger.frames[0]", "must be text (put it in quotes)"),
        ({"odd": True}, "actors[0].trigger.odd", "must not be odd, got true"),
        ({"method": "frame"}, "actors[0].trigger.method", "did you mean 'framed'"),
        ({"method": 3}, "actors[0].trigger.method", "unknown trigger, got 3"),
        ({"method": None}, "actors[0].trigger.method", "is missing"),
        ({"method": ["framed"]}, "actors[0].trigger.method", "unknown trigger"),
    ],
)
def test_parameters_fail_closed(
    plain: dict[str, Any], more: dict[str, Any], key: str, message: str
) -> None:
    plain["actors"][0]["trigger"] |= more
    error = refused(plain)
    assert error.key == key
    assert message in str(error)


def test_a_missing_parameter_is_named(plain: dict[str, Any]) -> None:
    del plain["actors"][1]["payload"]["text"]
    assert refused(plain).key == "actors[1].payload.text"


def test_an_unknown_name_lists_the_known_ones(plain: dict[str, Any]) -> None:
    plain["corpus"] = {"name": "nothing"}
    assert refused(plain).allowed == ("words",)
