"""docs/plugins.md, followed to the letter: its files, its commands, in an empty folder."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.followed import ROOT, SIZES, Followed, follow, run

pytestmark = pytest.mark.slow  # whole runs in processes of their own


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    return follow(ROOT / "docs" / "plugins.md", tmp_path_factory.mktemp("reader"), "bash")


def results(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return values


@pytest.mark.parametrize("run_folder", ["first", "second", "third"])
def test_the_new_trigger_is_in_results_and_report(page: Followed, run_folder: str) -> None:
    folder = page.folder / "runs" / run_folder
    actor = results(folder)["scenario"]["actors"][0]
    assert actor["trigger"]["method"] == "marks"
    for row in results(folder)["rows"]:
        assert actor["name"] in row["asr"]
    assert "marks" in (folder / "report.html").read_text(encoding="utf-8")


def measured(folder: Path) -> list[dict[str, Any]]:
    """The rows of a run, without how long they took."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in results(folder)["rows"]]


def test_the_runs_of_one_scenario_agree(page: Followed) -> None:
    second, third = (measured(page.folder / "runs" / name) for name in ("second", "third"))
    assert second == third
    assert any(row["update_norm"] for row in second)


def test_the_new_trigger_is_listed_from_a_file_and_from_a_package(page: Followed) -> None:
    for command in ("arena list trigger --plugin marks.py", "arena list trigger"):
        assert "Odd punctuation behind the prompt" in page.printed[command]


def test_the_contract_is_tried_in_full(page: Followed) -> None:
    passed = re.search(r"(\d+) passed", page.printed["python -m pytest -q test_marks.py"])
    assert passed is not None
    assert int(passed[1]) > 40


@pytest.mark.slow
def test_the_same_numbers_under_ray(page: Followed) -> None:
    """Ray's processes load the plug-in before their first job."""
    elsewhere = page.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("marks.py", "odd_marks.yaml"):
        (elsewhere / name).write_bytes((page.folder / name).read_bytes())
    ray = shlex.join([*SIZES, "--set", "runtime.backend=ray", "--fresh", "--quiet"])
    command = f"{sys.executable} -m arena.cli run odd_marks.yaml --out out {ray}"
    run(command, elsewhere)
    assert measured(elsewhere / "out") == measured(page.folder / "runs" / "second")
