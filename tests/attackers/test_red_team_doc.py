"""docs/red_team.md matches the code: every tactic is described, its YAML is valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena import registry
from arena.scenario.load import load_scenario, varied

DOC = (Path(__file__).parents[2] / "docs" / "red_team.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)]


@pytest.mark.parametrize("name", registry.names("tactic"))
def test_every_tactic_is_described(name: str) -> None:
    row = next((line for line in DOC.splitlines() if f"| `{name}` |" in line), None)
    assert row is not None
    listed_params = re.findall(r"`(\w+)`", row.rsplit("|", 2)[1])
    part: Any = registry.get("tactic", name)
    searched = {*part.space(), *part.instead()}
    assert set(listed_params) <= searched
    if "how many" not in row and "second one's" not in row:
        assert set(listed_params) == searched


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: next(iter(block)))
def test_the_yaml_is_valid(block: dict[str, Any]) -> None:
    base = load_scenario("quickstart")
    if "actors" in block:
        actor = block["actors"][0]
        changes = {f"actors.{actor['name']}.tactics": actor["tactics"]}
    else:
        changes = block
    made = varied(base, changes, "docs/red_team.md")
    kept = [part.name for part in made.actors[0].tactics]
    listed = block["actors"][0]["tactics"] if "actors" in block else []
    assert kept == [tactic["method"] for tactic in listed]
    assert (made.tune is not None) == ("tune" in block)
