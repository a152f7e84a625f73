import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arena.api.world import DataRoot
from arena.cli import app
from arena.errors import ArenaError, InputError
from arena.results.run import RunResults
from arena.scenario import bundled
from arena.scenario.load import load_scenario

HEAVY = ("torch", "ray", "matplotlib", "scipy", "transformers", "optuna")


def arena(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env=env)


class Engine:
    """Stands in for arena.runs.run: keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.error: BaseException | None = None

    def run(self, scenario: Any, **options: Any) -> Any:
        self.calls.append({"scenario": scenario, **options})
        if self.error is not None:
            raise self.error
        return types.SimpleNamespace(folder=Path("runs/it"), results=RunResults())


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    module = types.ModuleType("arena.runs.run")
    module.run = fake.run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "arena.runs.run", module)
    monkeypatch.delenv("ARENA_DATA", raising=False)
    return fake


def test_run_hands_over_what_was_asked(engine: Engine, tmp_path: Path) -> None:
    result = arena(
        *("run", "quickstart", "--out", str(tmp_path / "out"), "--data", str(tmp_path)),
        *("--set", "defender.steps=80", "--set", "actors.bard.poison.rate=0.1"),
        *("--seeds", "0-2,7", "--address", "auto", "--fresh", "--quiet"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("run folder: runs/it\n")
    (call,) = engine.calls
    assert call.pop("scenario") == load_scenario(
        "quickstart",
        overrides=["defender.steps=80", "actors.bard.poison.rate=0.1"],
        seeds=[0, 1, 2, 7],
    )
    assert call == {
        "root": DataRoot(tmp_path, bundled.folder()),
        "out": tmp_path / "out",
        "address": "auto",
        "fresh": True,
        "quiet": True,
    }


def test_run_asks_for_nothing_by_itself(engine: Engine) -> None:
    assert arena("run", "quickstart").exit_code == 0
    (call,) = engine.calls
    assert call["root"] == DataRoot(None, bundled.folder())
    assert (call["out"], call["address"], call["fresh"], call["quiet"]) == (
        None,
        None,
        False,
        False,
    )


def test_data_folder_from_the_environment(engine: Engine, tmp_path: Path) -> None:
    assert arena("run", "quickstart", ARENA_DATA=str(tmp_path)).exit_code == 0
    assert engine.calls[0]["root"].data == tmp_path


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("must be x", "s.yaml", 3, "a.b"), 2, "s.yaml:3  a.b: must be x"),
        (ArenaError("the disk is full"), 1, "the disk is full"),
        (RuntimeError("a long\n" * 100), 1, "RuntimeError: a long"),
        (KeyboardInterrupt(), 130, "any finished stages are stored"),
    ],
)
def test_failures_have_a_status_and_no_traceback(
    engine: Engine, error: BaseException, status: int, message: str
) -> None:
    engine.error = error
    result = arena("run", "quickstart")
    assert result.exit_code == status
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert len(result.output.splitlines()) <= 24
    debugged = arena("run", "quickstart", "--debug")
    assert debugged.exit_code == status
    assert "Traceback" in debugged.stderr


def test_a_workers_wrapper_does_not_hide_wrong_input(engine: Engine) -> None:
    class TaskError(Exception):
        cause = InputError("must be x", key="a.b")

    engine.error = TaskError("remote traceback " * 100)
    result = arena("run", "quickstart")
    assert (result.exit_code, result.stderr) == (2, "a.b: must be x\n")


def test_wrong_scenario_never_reaches_the_engine(engine: Engine) -> None:
    assert arena("run", "quickstart", "--set", "defender.steps=0").exit_code == 2
    assert arena("run", "quickstart", "--data", "no/such/folder").exit_code == 2
    assert arena("run", "quickstart", "--seeds", "5-2").exit_code == 2
    assert engine.calls == []


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["validate"], ["report"], ["nothing"], ["run", "quickstart", "--nothing"]],
)
def test_usage_errors(arguments: list[str]) -> None:
    result = arena(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_scenario_in_place_of_a_command_gets_a_hint() -> None:
    result = arena("quickstart")
    assert result.exit_code == 2
    assert "arena run quickstart" in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["run", "validate", "list", "report"])
def test_help_shows_an_example(command: str) -> None:
    result = arena(command, "--help")
    assert result.exit_code == 0
    assert f"Example: arena {command}" in result.stdout


def test_validate_says_what_would_run() -> None:
    result = arena("validate", "mixed_stages", "--seeds", "0-2")
    assert result.exit_code == 0
    assert "mixed_stages is valid" in result.stdout
    assert "lexical (pretraining)" in result.stdout
    assert "bard (continual_pretraining)" in result.stdout
    assert "0, 1, 2" in result.stdout


def test_report_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("arena.reporting.build")
    module.write_report = lambda folder, note: folder / "report.html"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "arena.reporting.build", module)
    result = arena("report", str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, f"report: {tmp_path / 'report.html'}\n")


@pytest.mark.parametrize(
    "arguments", [["validate", "quickstart"], ["list"]], ids=["validate", "list"]
)
def test_quick_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from arena.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("HEAVY []")


def test_the_console_entry(tmp_path: Path) -> None:
    code = "from arena.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", str(tmp_path / "none.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr
