"""docs/attacks.md tells the truth: its YAML is valid and its example passes the contracts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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


def test_the_example_trigger_passes_the_contracts(tmp_path: Path) -> None:
    (example,) = blocks("python")
    (tmp_path / "odd_marks.py").write_text(example, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        "from arena.testing.triggers import TriggerContract\n"
        "import odd_marks\n"
        "parts = [each for each in vars(odd_marks).values() if hasattr(each, 'lookalikes')]\n"
        "class TestIt(TriggerContract):\n"
        "    parts = [each for each in parts if each.__module__ == 'odd_marks']\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, tmp_path)))}
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 20
