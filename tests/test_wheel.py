"""What ships: the wheel holds the scenarios and runs them away from the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
TOY = (
    "corpus.places=128",
    "model.vocabulary=600",
    "runtime.backend=serial",
    "evaluation.prompts=16",
    "defender.steps=3",
    "training.pretraining.steps=6",
    "training.pretraining.documents=600",
    "training.continual_pretraining.steps=6",
    "training.continual_pretraining.documents=600",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but the installed wheel."""
    work = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = work / "source"
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in tracked:
        if (REPO / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((REPO / name).read_bytes())
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(work), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = work.glob("*.whl")
    target = work / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    return target


def arena(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import arena, sys; from arena.cli import main; print(arena.__file__); main()"
    environment = {**os.environ, "PYTHONPATH": str(site), "ARENA_STORE": str(cwd / "store")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_the_wheel_lists_its_scenarios_elsewhere(site: Path, tmp_path: Path) -> None:
    done = arena(site, tmp_path, "list", "scenario")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(site))
    assert "quickstart" in done.stdout
    assert "sst2_published" in done.stdout
    assert (site / "arena" / "testing" / "triggers.py").is_file()


@pytest.mark.slow
def test_the_wheel_runs_the_quickstart_elsewhere(site: Path, tmp_path: Path) -> None:
    settings = [part for key in TOY for part in ("--set", key)]
    done = arena(site, tmp_path, "run", "quickstart", "--quiet", "--out", "out", *settings)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert {row["kind"] for row in results["rows"]} == {
        "reference",
        "compromised",
        "control",
        "sham",
        "unlearned",
    }
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
