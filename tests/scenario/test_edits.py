"""Single values change in a scenario's text; everything else stays, to the character."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.edits import edited
from arena.scenario.load import from_text, varied

TEXT = """\
# a head
name: mine   # the name
actors:
  - name: one
    poison: {rate: 0.02}          # a guess
  - name: two
    poison:
      rate: 2.0e-2

    # about tactics
    tactics: []
training:
  pretraining:
    steps: 100  # few

# the end
"""


def changed(text: str, **lines: str) -> list[tuple[str, str]]:
    """The lines that differ, before and after; an added line has an empty one before."""
    before, after = TEXT.splitlines(), text.splitlines()
    if len(before) == len(after):
        return [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    added = [line for line in after if line not in before]
    assert [line for line in after if line not in added] == before
    return [("", line) for line in added]


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        (
            "actors.one.poison.rate",
            0.03,
            "    poison: {rate: 0.02}          # a guess",
            "    poison: {rate: 0.03}          # a guess",
        ),
        ("actors[1].poison.rate", 0.5, "      rate: 2.0e-2", "      rate: 0.5"),
        ("training.pretraining.steps", 250, "    steps: 100  # few", "    steps: 250  # few"),
        ("actors.one.poison.share", 0.1, "    poison: {rate: 0.02}          # a guess",
         "    poison: {rate: 0.02, share: 0.1}          # a guess"),
        ("actors.two.tactics", [{"method": "payload"}], "    tactics: []",
         "    tactics: [{method: payload}]"),
        ("training.pretraining.batch_size", 8, "", "    batch_size: 8"),
        ("training.continual_pretraining.steps", 9, "", "  continual_pretraining: {steps: 9}"),
        ("numerics.threads", 1, "", "numerics: {threads: 1}"),
        ("dose", None, "", "dose: null"),
        ("actors.one.training.merged.steps", 3, "", "    training: {merged: {steps: 3}}"),
    ],
)  # fmt: skip
def test_one_line_changes(key: str, value: Any, before: str, after: str) -> None:
    text = edited(TEXT, {key: value})
    assert changed(text) == [(before, after)]
    at: Any = yaml.safe_load(text)
    for step in key.replace("[1]", ".two").split("."):
        at = next(e for e in at if e["name"] == step) if isinstance(at, list) else at[step]
    assert at == value


def test_a_section_without_anything_is_filled() -> None:
    assert edited("dose:\nname: x\n", {"dose.points": 4}) == "dose: {points: 4}\nname: x\n"
    assert edited("dose: {}\n", {"dose.points": 4}) == "dose: {points: 4}\n"
    assert edited("a: 1", {"b": 2}) == "a: 1\nb: 2"


def test_text_over_several_lines_is_not_cut_through() -> None:
    text = "description: |\n  one\n  two\n# next\nname: x\n"
    assert edited(text, {"description": "short"}).endswith("# next\nname: x\n")
    assert yaml.safe_load(edited("a:\n  b: >\n    long\n    text\nc: 1\n", {"a.d": 2})) == {
        "a": {"b": "long text\n", "d": 2},
        "c": 1,
    }


@pytest.mark.parametrize("name", bundled.names())
def test_every_bundled_scenario_can_be_changed(name: str) -> None:
    changes = {"training.pretraining.steps": 123, "evaluation.prompts": 77}
    text = bundled.text(name)
    try:
        wanted = varied(from_text(text), changes, "wanted")
    except InputError:
        return  # a scenario whose model comes pretrained
    assert from_text(edited(text, changes)) == wanted
    assert text.count("#") == edited(text, changes).count("#")


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no entry of this name"):
        edited(TEXT, {"actors.three.poison.rate": 0.1})
    with pytest.raises(InputError, match="is empty"):
        edited("", {"name": "x"})
