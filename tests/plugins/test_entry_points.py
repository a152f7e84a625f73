"""Installed plug-ins: found by themselves; a broken one is named and left out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arena import registry

Write = Callable[..., Path]
ARENA = (sys.executable, "-m", "arena.cli")
UNKNOWN = "actors.lexical.trigger={method: sparks}"


def installed(site: Path, distribution: str, **points: str) -> None:
    """What pip leaves of a distribution with entry points."""
    info = site / f"{distribution}-2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.1\n")
    lines = [f"[{registry.ENTRY_POINTS}]", *(f"{n} = {module}" for n, module in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def arena(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200"}
    return subprocess.run(
        [*ARENA, *words], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good plug-in, one that cannot be imported, and one whose name is taken."""
    from tests.plugins.conftest import TRIGGER

    folder = tmp_path_factory.mktemp("site")
    (folder / "lab_good.py").write_text(TRIGGER.replace("NAME", "glow"))
    (folder / "lab_torn.py").write_text(TRIGGER.replace("NAME", "sparks") + "\nimport no_such\n")
    (folder / "lab_thief.py").write_text(TRIGGER.replace("NAME", "rare_token"))
    (folder / "lab_quits.py").write_text("import sys\nsys.exit(0)\n")
    installed(folder, "good", glow="lab_good")
    installed(folder, "torn", sparks="lab_torn", gone="no_such_module_of_torn")
    installed(folder, "thief", token="lab_thief", quits="lab_quits")
    return folder


def test_other_parts_are_listed_and_each_failure_is_named_once(site: Path) -> None:
    done = arena(site, "list", "trigger")
    assert done.returncode == 0, done.stderr
    assert "glow" in done.stdout
    assert "rare_token" in done.stdout
    assert "sparks" not in done.stdout
    warnings = done.stderr.splitlines()
    assert len(warnings) == 4
    for name, why in (
        ("torn 2.1, entry point 'sparks'", "ModuleNotFoundError"),
        ("torn 2.1, entry point 'gone'", "ModuleNotFoundError"),
        ("thief 2.1, entry point 'token'", "rare_token.RareToken"),
        ("thief 2.1, entry point 'quits'", "SystemExit"),
    ):
        (line,) = [line for line in warnings if name in line]
        assert line.startswith("warning: plug-in ")
        assert why in line


def test_a_scenario_that_needs_none_of_them_is_valid(site: Path) -> None:
    assert arena(site, "validate", "quickstart").returncode == 0


def test_a_scenario_with_an_unknown_name_says_what_was_not_loaded(site: Path) -> None:
    done = arena(site, "validate", "quickstart", "--set", UNKNOWN)
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if "unknown trigger" in line]
    assert "got sparks" in line
    assert "plug-in torn 2.1, entry point 'sparks': ModuleNotFoundError" in line


def test_one_name_for_two_classes_says_both() -> None:
    known = registry.get("trigger", "rare_token")
    with pytest.raises(ValueError, match=r"attackers\.triggers\.rare_token\.RareToken.*Thief"):
        registry.register("trigger", "rare_token")(type("Thief", (), {}))
    assert registry.get("trigger", "rare_token") is known
