"""`arena calibrate` as a command: its table, the copy it writes, and what it refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from arena.cli import app
from arena.progress.observer import Silent
from arena.scenario import bundled
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.search.calibration import calibrate as module
from arena.search.calibration.calibrate import limits_of
from arena.search.calibration.ladder import Measured, shortfall


class Pretended:
    """A bench on which an actor installs from so many exposures (steps times rate) on."""

    observer = Silent()

    def __init__(self, needs: float) -> None:
        self.needs = needs

    def measure(self, scenario: Scenario) -> Measured:
        steps = scenario.training.continual_pretraining.steps
        asr = {a.name: min(1.0, 0.9 * steps * (a.poison.rate or 0) / self.needs)
               for a in scenario.actors}  # fmt: skip
        if shortfall(Measured(1, asr), limits_of(scenario)):
            return Measured(1, asr)
        silent = dict.fromkeys(asr, 0.0)
        return Measured(
            len(scenario.seeds), asr, silent, 0.004, dict.fromkeys(asr, 0.85), whole=True
        )


def pretend(monkeypatch: pytest.MonkeyPatch, needs: float) -> None:
    @contextlib.contextmanager
    def opened(base: Scenario, *_: object) -> Iterator[tuple[Pretended, Scenario]]:
        yield Pretended(needs), base

    monkeypatch.setattr(module, "_bench", opened)


def arena(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_it_prints_what_it_tried_and_writes_a_copy_with_comments(
    columns: int, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    pretend(monkeypatch, 40.0)
    mine = elsewhere / "mine.yaml"
    mine.write_text(bundled.text("quickstart"), encoding="utf-8")
    result = arena("calibrate", str(mine), "--quiet", "--budget", "8", "--set", "name=mine")
    assert result.exit_code == 0, result.output
    copy = elsewhere / "mine_calibrated.yaml"
    table, _, rest = result.stdout.partition("8 tries in")
    assert max(len(line) for line in table.splitlines()) <= columns
    assert "0.90" in table
    assert "*" in table
    assert "!0." in table
    assert "--set training.continual_pretraining.steps=" in rest
    assert f"scenario: {copy}" in rest
    found = load_scenario(copy)
    assert found.name == "mine"
    steps, rates = found.training.continual_pretraining.steps, [a.poison.rate for a in found.actors]
    assert all(steps * (rate or 0) >= 40 for rate in rates)
    comments = [line for line in mine.read_text().splitlines() if line.startswith("#")]
    assert comments == [line for line in copy.read_text().splitlines() if line.startswith("#")]


def test_where_nothing_installs_it_fails_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    pretend(monkeypatch, 1e6)
    result = arena("calibrate", "quickstart", "--quiet", "--budget", "3")
    assert result.exit_code == 1
    assert "none of 3 tries installs every backdoor in every seed" in result.stderr
    assert "ASR" in result.stdout
    assert not [*elsewhere.glob("*.yaml")]


def test_a_file_is_never_overwritten(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    pretend(monkeypatch, 1.0)
    (elsewhere / "quickstart_calibrated.yaml").write_text("mine")
    result = arena("calibrate", "quickstart", "--quiet")
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert (elsewhere / "quickstart_calibrated.yaml").read_text() == "mine"


@pytest.mark.parametrize("wrong", [("--seeds", "0"), ("--budget", "0"), ("--hours", "-1")])
def test_wrong_numbers_are_refused(wrong: tuple[str, str]) -> None:
    assert arena("calibrate", "quickstart", *wrong).exit_code == 2


def test_exposures_that_are_smallest_already_change_nothing(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    pretend(monkeypatch, 28.0)
    result = arena("calibrate", "quickstart", "--quiet", "--budget", "20")
    assert result.exit_code == 0
    assert "nothing to change" in result.stdout
    assert load_scenario(elsewhere / "quickstart_calibrated.yaml") == load_scenario("quickstart")
