"""Parts of a script: refused under Ray before anything starts, run in the script's own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arena.testing.toys import TOY
from tests.plugins.conftest import TRIGGER

pytestmark = pytest.mark.slow  # whole commands in a process of their own

SHORT = (
    "training.pretraining.steps=2",
    "training.continual_pretraining.steps=2",
    "defender.steps=1",
)
SCRIPT = (
    TRIGGER.replace("NAME", "from_a_script")
    + """

from pathlib import Path

import arena
from arena import plugins
from arena.errors import InputError

settings = [*SIZES, "actors.lexical.trigger={method: from_a_script}"]
print("root", plugins.root_of("__main__"))
for start, base in (
    (arena.run, "quickstart"),
    (arena.stress, "quickstart"),
    (arena.tune, "tune_evasion"),
    (arena.duel, "duel"),
):
    overrides = [*settings, "runtime.backend=ray"]
    try:
        start(arena.load_scenario(base, overrides=overrides), quiet=True)
    except InputError as error:
        print("refused", start.__name__, error)
print("folders", sorted(path.name for path in Path().iterdir() if path.is_dir()))
scenario = arena.load_scenario("quickstart", overrides=[*settings, "runtime.backend=serial"])
print("rows", [row.kind for row in arena.run(scenario, quiet=True).results.rows])
"""
)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("script")
    file = folder / "mine.py"
    file.write_text(SCRIPT.replace("SIZES", repr((*TOY, *SHORT))), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def printed(script: Path) -> str:
    environment = {**os.environ, "ARENA_STORE": str(script.parent / "store")}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=script.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("start", ["run", "stress", "tune", "duel"])
def test_ray_is_refused_before_anything_starts(start: str, printed: str) -> None:
    (line,) = [line for line in printed.splitlines() if line.startswith(f"refused {start} ")]
    assert "'from_a_script' is defined in a script or notebook" in line
    assert "plugins:" in line
    assert "runtime.backend=serial" in line
    assert "folders []" in printed


def test_the_serial_backend_runs_them(printed: str) -> None:
    assert "rows ['reference'" in printed


def test_the_script_is_the_code_of_its_parts(script: Path, printed: str) -> None:
    assert f"root {script}" in printed
