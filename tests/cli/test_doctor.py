"""`arena doctor`: what it finds, and what it advises where something is wrong."""

from __future__ import annotations

import shutil
import sys
import tomllib
import types
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from arena.cli import app, doctor
from arena.cli.doctor import EXTRAS, GIB, findings


def advice(store: Path) -> dict[str, str]:
    return {each.what: each.advice for each in findings(store) if each.advice}


@pytest.fixture
def _healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=9 * GIB))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=90 * GIB))
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(encoding="utf-8"))


@pytest.mark.usefixtures("_healthy")
def test_nothing_is_advised_where_all_is_well(tmp_path: Path) -> None:
    assert advice(tmp_path / "not" / "made" / "yet") == {}
    assert not (tmp_path / "not").exists()


@pytest.mark.usefixtures("_healthy")
def test_what_is_wrong_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=GIB))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=GIB))
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(encoding="ascii"))
    told = advice(tmp_path)
    assert "runtime.workers=1" in told["memory"]
    assert "cache prune" in told["store"]
    assert "PYTHONUTF8" in told["terminal"]
    monkeypatch.setattr(doctor, "_writable", lambda _: False)
    assert "ARENA_STORE" in advice(tmp_path)["store"]


def test_the_command_names_versions_and_the_store(tmp_path: Path) -> None:
    place = str(tmp_path / "s")
    result = CliRunner().invoke(app, ["doctor"], env={"ARENA_STORE": place, "COLUMNS": "200"})
    assert result.exit_code in (0, 1)
    assert (result.exit_code == 1) == ("! " in result.stdout)
    for text in ("torch 2.", "ray 2.", "cores", place):
        assert text in result.stdout


def test_every_extra_that_people_install_is_looked_for() -> None:
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extras = set(declared["project"]["optional-dependencies"]) - {"dev", "testing", "docs"}
    assert set(EXTRAS) == extras
