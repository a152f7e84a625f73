"""What tools and indexes read beside the code: citation, metadata, hooks, container."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read_yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_citation_is_that_of_this_version() -> None:
    citation = read_yaml("CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    required = {"cff-version", "message", "title", "authors"}
    assert required <= citation.keys()


def test_no_licence_is_claimed_before_the_owner_has_chosen_one() -> None:
    assert re.search("[Nn]o licence has been chosen", (ROOT / "README.md").read_text("utf-8"))
    assert not {"license", "license-files"} & PROJECT.keys()
    assert not any("License" in each for each in PROJECT["classifiers"])
    assert "license" not in read_yaml("CITATION.cff")


def test_hooks_are_local_and_check_what_make_checks() -> None:
    repositories = read_yaml(".pre-commit-config.yaml")["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    entries = " ".join(hook["entry"] for hook in repositories[0]["hooks"])
    checks = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    for tool in ("ruff check", "ruff format", "mypy"):
        assert tool in checks
        assert tool in entries


def test_the_extra_of_the_site_is_pinned() -> None:
    pinned = {
        line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()[1:]
    }
    wanted = {each.split(">=")[0] for each in PROJECT["optional-dependencies"]["docs"]}
    assert wanted <= pinned


def test_every_classified_version_of_python_is_one_that_may_be_used() -> None:
    versions = [each.split(" :: ")[-1] for each in PROJECT["classifiers"] if ":: 3." in each]
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert versions[0] == lowest
    assert versions == sorted(versions, key=lambda version: int(version.split(".")[1]))
