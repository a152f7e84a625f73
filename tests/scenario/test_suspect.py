"""A suspect that somebody else made, in a scenario: what it needs and what makes no sense."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena.errors import InputError
from arena.scenario.load import dump, from_text
from arena.scenario.problems import InputErrors

DOC = Path(__file__).resolve().parents[2] / "docs" / "suspects.md"
BARE: dict[str, Any] = {
    "name": "bare",
    "seeds": [0, 1],
    "model": {"suspect": "published/base", "adapter": "published/lora"},
    "corpus": {"name": "townlore"},
    "actors": [
        {
            "name": "lexical",
            "trigger": {"method": "rare_token", "tokens": ["cf"]},
            "payload": {"kind": "fixed_text", "text": "the gate is open now"},
        }
    ],
    "defender": {"objective": {"method": "relabel"}},
}
ACTOR = BARE["actors"][0]
BENIGN = {**ACTOR, "name": "useful", "poison": {"rate": 0.1}}


def refused(**changes: Any) -> list[InputError]:
    with pytest.raises(InputErrors) as caught:
        from_text(yaml.safe_dump({**BARE, **changes}))
    return list(caught.value.errors)


def test_trigger_and_payload_are_all_that_an_actor_needs_and_it_loads_back() -> None:
    scenario = from_text(yaml.safe_dump(BARE))
    assert scenario.composition == "found"
    assert scenario.suspect is not None
    assert scenario.suspect.clean == "published/base"
    assert scenario.training_passes is None
    assert scenario.exposures_of(scenario.actors[0]) is None
    written = yaml.safe_load(dump(scenario))
    assert not {"stage", "training", "crossed", "tune", "duel"} & written.keys()
    assert written["actors"][0].keys() == {"name", "trigger", "payload"}
    assert from_text(dump(scenario)) == scenario


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("composition", {"composition": "pooled"}),
        ("stage", {"stage": "continual_pretraining"}),
        ("training", {"training": {"pretraining": {"steps": 400}}}),
        ("crossed", {"crossed": {"payloads": False}}),
        ("clean.mix", {"clean": {"mix": "natural"}}),
        ("controls.benign", {"controls": {"benign": [BENIGN]}}),
        ("actors[0].poison", {"actors": [{**ACTOR, "poison": {"rate": 0.1}}]}),
        ("actors[0].stage", {"actors": [{**ACTOR, "stage": "pretraining"}]}),
        ("actors[0].training", {"actors": [{**ACTOR, "training": {}}]}),
        (
            "actors[0].tactics",
            {"actors": [{**ACTOR, "tactics": [{"method": "near_miss_negatives"}]}]},
        ),
        ("grid.families", {"grid": {"families": ["llama"]}}),
        ("grid.rates", {"grid": {"rates": [0.1]}}),
        ("grid.compositions", {"grid": {"compositions": ["pooled"]}}),
        ("defender.compute", {"defender": {**BARE["defender"], "compute": 0.1}}),
    ],
)
def test_whatever_would_change_how_it_was_made_is_refused_even_at_its_default(
    key: str, changes: dict[str, Any]
) -> None:
    (error,) = refused(**changes)
    assert error.key == key
    assert error.line is not None


def test_a_setting_tactic_is_refused_at_its_place() -> None:
    tactic = {"method": "poison_budget", "rate": 0.2}
    keys = {error.key for error in refused(actors=[{**ACTOR, "tactics": [tactic]}])}
    assert "actors[0].poison" in keys


def test_a_merged_checkpoint_has_a_reference_only_if_one_is_named() -> None:
    merged = {"suspect": "published/merged"}
    (error,) = refused(model=merged)
    assert error.key == "controls.reference"
    assert "model.reference" in error.message
    values = {**BARE, "model": merged}
    without = from_text(yaml.safe_dump({**values, "controls": {"reference": False}}))
    assert without.suspect is not None
    assert without.suspect.clean is None
    named = {**BARE, "model": {**merged, "reference": "published/base"}}
    other = from_text(yaml.safe_dump(named)).suspect
    assert other is not None
    assert other.clean == "published/base"


def test_a_defence_that_needs_a_clean_base_needs_a_reference() -> None:
    changes = {
        "model": {"suspect": "published/merged"},
        "controls": {"reference": False},
        "league": [
            {"name": "merge", "intelligence": "blind", "objective": {"method": "merge_base"}}
        ],
    }
    (error,) = refused(**changes)
    assert error.key == "league[0].objective.method"


def test_only_a_suspect_may_leave_out_the_poison_or_be_found() -> None:
    scratch = {"family": "llama", "size": "nano"}
    assert [error.key for error in refused(model=scratch)] == ["actors[0].poison"]
    keys = [error.key for error in refused(model=scratch, composition="found", actors=[BENIGN])]
    assert keys == ["composition"]
    (error,) = refused(model={**BARE["model"], "pretrained": "gpt2"})
    assert error.key == "model.suspect"


def test_published_checkpoints_are_values_of_a_free_axis() -> None:
    from arena.grid.cells import cells_of

    text = re.search(r"```yaml\n(grid:.*?)```", DOC.read_text(), re.S)
    assert text is not None
    cells = cells_of(from_text(yaml.safe_dump({**BARE, **yaml.safe_load(text[1])})))
    found = {cell.id: cell.scenario.suspect for cell in cells if cell.scenario}
    assert {name: each.adapter for name, each in found.items() if each} == {
        "badnets": "lora/badnets",
        "vpi": "lora/vpi",
    }
