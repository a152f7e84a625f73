"""`plugins:` in a scenario and `--plugin`: loaded before the rest of the scenario is validated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import arena
from arena import registry
from arena.cli.app import app
from arena.errors import InputError
from arena.scenario.load import dump, from_text, load_scenario, read, varied

Write = Callable[..., Path]
SET = "actors.lexical.trigger={method: behind}"


def scenario(folder: Path, *listed: object) -> Path:
    values = load_scenario("quickstart").resolved()
    values["plugins"] = list(listed)
    values["actors"][0]["trigger"] = {"method": "behind"}
    file = folder / "scenario.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return file


def test_a_scenario_names_files_beside_it(write: Write, tmp_path: Path) -> None:
    file = write("mine/behind.py")
    made = load_scenario(scenario(tmp_path, "mine/behind.py"))
    assert made.actors[0].trigger.name == "behind"
    assert made.plugins == (str(file),)
    assert from_text(dump(made)) == made
    assert varied(made, {"defender.steps": 7}, "a variant").plugins == made.plugins


def test_more_plug_ins_come_from_the_command_line(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write()
    monkeypatch.chdir(tmp_path)
    made = load_scenario("quickstart", overrides=[SET], plugins=["behind.py"])
    assert made.plugins == (str(file),)
    again = load_scenario(scenario(tmp_path, "behind.py"), plugins=["behind.py"])
    assert again.plugins == (str(file),)


def test_where_a_plug_in_lies_is_not_what_a_scenario_asks(write: Write, tmp_path: Path) -> None:
    made = load_scenario(scenario(tmp_path, str(write("one/behind.py"))))
    moved = load_scenario(scenario(tmp_path, str(write("two/behind.py"))))
    assert made.digest == moved.digest


def test_a_missing_plug_in_has_file_line_and_key(tmp_path: Path) -> None:
    file = scenario(tmp_path, "nowhere.py")
    with pytest.raises(InputError, match="no such plug-in") as caught:
        load_scenario(file)
    lines = file.read_text().splitlines()
    assert caught.value.file == str(file)
    assert caught.value.key == "plugins[0]"
    assert "nowhere.py" in lines[(caught.value.line or 0) - 1]


@pytest.mark.parametrize("listed", [3, "behind.py", [3], [""], {"a": 1}])
def test_plugins_must_be_a_list_of_texts(listed: object, tmp_path: Path) -> None:
    values = {**load_scenario("quickstart").resolved(), "plugins": listed}
    with pytest.raises(InputError, match="plugins"):
        from_text(yaml.safe_dump(values))


def test_a_dict_is_a_scenario_too(write: Write) -> None:
    values: dict[str, Any] = load_scenario("quickstart").resolved()
    values["plugins"] = [str(write())]
    values["actors"][0]["trigger"] = {"method": "behind"}
    assert load_scenario(values).actors[0].trigger.name == "behind"
    assert read(values).path == Path("scenario.yaml")
    with pytest.raises(InputError, match="actors"):
        load_scenario({**values, "actors": 3})
    with pytest.raises(InputError, match="what YAML can"):
        load_scenario({**values, "actors": {1, 2}})


@pytest.mark.parametrize("command", ["run", "stress", "tune", "duel", "validate"])
def test_commands_stop_at_a_broken_plug_in(command: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("x = 1\nx / 0\n")
    done = CliRunner().invoke(app, [command, "quickstart", "--plugin", str(broken)])
    assert done.exit_code == 2
    assert f"{broken}:2" in done.stderr


@pytest.mark.parametrize("command", [["list"], ["report", "nowhere"], ["compare", "no", "where"]])
def test_commands_without_a_scenario_load_plug_ins(
    command: list[str], tmp_path: Path, write: Write
) -> None:
    gone = str(tmp_path / "gone.py")
    done = CliRunner().invoke(app, [*command, "--plugin", str(write()), "--plugin", gone])
    assert done.exit_code == 2
    assert "no such plug-in" in done.stderr
    assert "behind" in registry.names("trigger")


def test_validate_tries_the_parts(tmp_path: Path) -> None:
    silent = tmp_path / "silent.py"
    silent.write_text(
        "from arena.api import Payload, register\n\n\n@register('payload', 'silent')\n"
        "class Silent(Payload):\n    match = 'contains'\n"
        "    def respond(self, example): return example.answer\n"
        "    def wanted(self, example): return 'a green lamp'\n"
    )
    chosen = ["--plugin", str(silent), "--set", "actors.bard.payload={kind: silent}"]
    done = CliRunner().invoke(app, ["validate", "quickstart", *chosen])
    assert done.exit_code == 2
    assert f"{silent}:4" in done.stderr.replace("\n", "")
    assert "by 'contains' it looks for 'a green lamp'" in " ".join(done.stderr.split())


def test_the_api_is_complete_and_light() -> None:
    searches = {"calibrate", "tune", "duel"}
    folders = {"compare", "export_model", "merge", "read_results", "report"}
    names = {"run", "stress", "load_scenario"} | folders | searches
    assert set(arena.__all__) == names | {"ArenaError", "InputError"}
    for name in names:
        assert "Example:" in (getattr(arena, name).__doc__ or "")


@pytest.mark.parametrize("start", ["run", "stress", "tune", "duel"])
def test_the_api_takes_what_is_no_scenario_yet(start: str, tmp_path: Path) -> None:
    wrong = {**load_scenario("quickstart").resolved(), "seeds": "many"}
    with pytest.raises(InputError, match="seeds"):
        getattr(arena, start)(wrong, out=tmp_path / "out")
    with pytest.raises(InputError, match="no bundled scenario"):
        getattr(arena, start)("no_such_scenario", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
