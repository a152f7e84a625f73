"""docs/tutorial.md, followed to the letter at toy size, and the example of CONTRIBUTING.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.followed import ROOT, Followed, commands, files, follow, run

TUTORIAL, CONTRIBUTING = ROOT / "docs" / "tutorial.md", ROOT / "CONTRIBUTING.md"


def written(page: Path, folder: Path) -> None:
    for name, text in files(page).items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", [TUTORIAL, CONTRIBUTING], ids=lambda page: page.name)
def test_the_example_is_valid(page: Path, tmp_path: Path) -> None:
    written(page, tmp_path)
    (line,) = (line for line in commands(page, "console") if line.startswith("arena validate"))
    assert "is valid" in run(line, tmp_path)


def test_the_example_of_contributing_fulfils_the_contract(tmp_path: Path) -> None:
    written(CONTRIBUTING, tmp_path)
    (tmp_path / "test_numbered.py").write_text(
        "from arena.testing.triggers import TriggerContract\n"
        "from numbered import Numbered\n\n\n"
        "class TestNumbered(TriggerContract):\n    parts = (Numbered,)\n"
    )
    assert " passed" in run("python -m pytest -q test_numbered.py", tmp_path)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The tutorial's folder at its end; runs over all seeds take two of them."""
    folder = tmp_path_factory.mktemp("reader")
    return follow(TUTORIAL, folder, "console", ["--seeds", "0-1"])


def results(reader: Followed, name: str) -> dict[str, Any]:
    file = reader.folder / "runs" / name / "results.json"
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values


def test_the_tutorial_ends_with_verdicts_on_its_own_trigger(reader: Followed) -> None:
    assert "A name at the end of the prompt" in reader.printed[
        "arena list trigger --plugin signature.py"
    ]  # fmt: skip
    for name, seeds in {"first": [0], "same": [0, 1], "other": [0, 1]}.items():
        assert results(reader, name)["seeds"] == seeds
        assert results(reader, name)["claim"]["verdict"] == "inconclusive"  # too few seeds
    kinds = [a["payload"]["kind"] for a in results(reader, "other")["scenario"]["actors"]]
    assert kinds == ["fixed_text", "refusal"]


def test_its_runs_can_be_looked_at(reader: Followed) -> None:
    index = (reader.folder / "pages" / "index.html").read_text(encoding="utf-8")
    assert all(name in index for name in ("first", "same", "other"))
    assert reader.printed["arena compare runs/same runs/other"].strip()
