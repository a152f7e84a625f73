"""docs/attacks.md matches the code: its YAML is valid and every part is described."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from arena import registry

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_the_yaml_is_valid(block: str) -> None:
    for kind, section in yaml.safe_load(block).items():
        part = registry.get(kind, section.pop("method" if kind == "trigger" else "kind"))
        params = part.Params.model_validate_json(json.dumps(section), strict=True)
        assert section.keys() <= params.model_dump().keys()


@pytest.mark.parametrize("kind", ["trigger", "payload"])
def test_every_registered_part_is_described(kind: registry.Kind) -> None:
    for name in registry.names(kind):
        if registry.get(kind, name).__module__.startswith("attackers."):
            assert f"| `{name}`" in DOC
