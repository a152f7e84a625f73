"""The JSON Schema of scenarios, and the reference of keys that is written from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from arena import registry
from arena.cli import app
from arena.scenario import bundled
from arena.scenario.json_schema import _sections, scenario_schema
from arena.scenario.key_meanings import meanings
from arena.scenario.load import load_scenario
from arena.scenario.parts import NAME_KEYS
from arena.scenario.reference import document
from arena.scenario.schema import Scenario

DOCUMENT = Path(__file__).parents[2] / "docs" / "scenario.md"
Wrong = tuple[str | int, ...]


@pytest.fixture(scope="module")
def check() -> Any:
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_one_beside_the_bundled_scenarios_is_up_to_date() -> None:
    """Written by `arena schema > scenarios/scenario.schema.json`."""
    beside = bundled.folder() / "scenario.schema.json"
    assert json.loads(beside.read_text(encoding="utf-8")) == scenario_schema()


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_scenarios_name_it_for_editors(name: str) -> None:
    first = bundled.text(name).splitlines()[0]
    assert first == "# yaml-language-server: $schema=scenario.schema.json"


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_scenarios_fit_it(name: str, check: Any) -> None:
    assert list(check.iter_errors(yaml.safe_load(bundled.text(name)))) == []


@pytest.mark.parametrize("name", bundled.names())
def test_resolved_scenarios_fit_it(name: str, check: Any) -> None:
    resolved = load_scenario(name).model_dump(mode="json")
    assert [error.json_path for error in check.iter_errors(resolved)] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("colour",), "red"),
        (("defender", "steps"), -1),
        (("defender", "objective", "method"), "magic"),
        (("defender", "objective", "stregth"), 1),
        (("actors", 0, "trigger", "method"), "smell"),
        (("actors", 0, "trigger", "tokens"), 3),
        (("actors", 0, "poison", "rate"), 2),
        (("corpus", "natural_rate"), 0.9),
        (("model", "size"), "huge"),
        (("seeds",), []),
        (("measures",), {"beauty": {}}),
    ],
)
def test_what_is_wrong_does_not(place: Wrong, value: object, check: Any) -> None:
    scenario = yaml.safe_load(bundled.text("quickstart"))
    section = scenario
    for step in place[:-1]:
        section = section[step]
    section[place[-1]] = value
    assert list(check.iter_errors(scenario))


def test_every_part_of_every_kind_is_in_it() -> None:
    definitions = scenario_schema()["$defs"]
    for kind in NAME_KEYS:
        assert {f"{kind}.{name}" for name in registry.names(kind)} <= definitions.keys()


@pytest.mark.parametrize("model", sorted({*_sections(Scenario)}, key=lambda model: model.__name__))
def test_every_key_has_a_meaning(model: type[BaseModel]) -> None:
    if model.__module__.startswith("arena.api"):  # ranges, explained where they are used
        return
    known = meanings(model)
    assert [key for key in model.model_fields if not known.get(key)] == []


def test_the_reference_is_that_of_the_code() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_link_of_the_reference_leads_to_a_heading() -> None:
    text = document()
    heads = {
        re.sub(r"[^\w-]", "", head.lower().replace(" ", "-"))
        for head in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= heads


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads(json.dumps(scenario_schema()))
