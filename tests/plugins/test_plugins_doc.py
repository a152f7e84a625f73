"""docs/plugins.md, followed to the letter: its files, its commands, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena.testing.toys import TOY

pytestmark = pytest.mark.slow  # whole runs in processes of their own

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SHORT = (
    "training.pretraining.steps=4",
    "training.continual_pretraining.steps=4",
    "defender.steps=2",
)
SIZES = [part for setting in (*TOY, *SHORT) for part in ("--set", setting)]


@dataclass(frozen=True)
class Followed:
    """A folder in which every step of the page was taken, and what each command printed."""

    folder: Path
    printed: Mapping[str, str]


def environment(folder: Path) -> dict[str, str]:
    """The reader's shell; packages are installed below the folder, from no index."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
        "ARENA_STORE": str(folder / "store"),
        "COLUMNS": "120",
        "PIP_TARGET": str(folder / "site"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this switch the wrong way round
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def run(line: str, folder: Path) -> str:
    """Run a command of the page; `arena run` at toy size."""
    words = shlex.split(line)
    if words[:2] == ["arena", "run"]:
        words += ["--quiet", *SIZES]
    if words[0] in ("arena", "pip"):
        words = [sys.executable, "-m", words[0].replace("arena", "arena.cli"), *words[1:]]
    done = subprocess.run(
        words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    folder = tmp_path_factory.mktemp("reader")
    printed = {}
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        if language == "bash":
            for line in block.splitlines():
                printed[line] = run(line, folder)
            continue
        first, _, text = block.partition("\n")
        file = folder / first.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Followed(folder, printed)


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
