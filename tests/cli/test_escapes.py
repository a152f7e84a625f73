"""No text of a scenario, a plug-in, a checkpoint or an exception steers the terminal."""

from __future__ import annotations

import io
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from typer.testing import CliRunner

from arena import registry
from arena.cli import app
from arena.errors import ArenaError, InputError
from arena.printable import on_one_line, printable
from arena.progress.lines import LogLines
from arena.scenario import bundled
from arena.terminal import Terminal

CLEAR, CSI, BACKWARDS, LONE = "\x1b[2J", "\x9b31m", "\u202e", "\udc80"
HOSTILE = f"x{CLEAR}{CSI}{BACKWARDS}\u2066\x07\x08\r{LONE}y"
RAW = [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))]
RAW += [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)]
QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")


def shown(*arguments: str) -> str:
    """All that a command prints, which holds no raw control character."""
    text = CliRunner().invoke(app, list(arguments)).output
    assert [f"U+{ord(char):04X}" for char in RAW if char in text] == []
    assert "Traceback" not in text or "--debug" in arguments
    return text


def yaml_text(text: str) -> str:
    return json.dumps(text.replace(LONE, ""))  # JSON's escapes are YAML's


def test_each_of_them_has_an_escape() -> None:
    assert printable("".join(RAW)).isascii()
    assert printable("a\tb\nc é 中 😀") == "a\tb\nc é 中 😀"
    assert on_one_line("a\tb\nc") == "a\\tb\\nc"
    assert printable(HOSTILE).startswith("x\\x1b[2J\\x9b31m\\u202e\\u2066\\x07\\x08\\x0d\\udc80y")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: quickstart", f"name: {yaml_text(HOSTILE)}"),
        ("name: bard", f"name: {yaml_text(HOSTILE)}"),
        ("steps: 60", f"{yaml_text(HOSTILE)}: 60"),
        ("method: relabel", f"method: {yaml_text(HOSTILE)}"),
        ("template: when_clause", f"template: {yaml_text(HOSTILE)}"),
        ("target: each", f"target: {yaml_text(HOSTILE)}"),
        ("family: llama, size: nano", f"pretrained: {yaml_text(HOSTILE)}"),
        ("seeds: [0]", f"plugins: [{yaml_text(HOSTILE)}]"),
        ("steps: 60", f"steps: !{yaml_text('t')[1:-1]} {yaml_text(HOSTILE)}"),
    ],
)
def test_in_keys_and_values_of_a_scenario(old: str, new: str, tmp_path: Path) -> None:
    assert old in QUICKSTART
    path = tmp_path / "scenario.yaml"
    path.write_text(QUICKSTART.replace(old, new, 1), "utf-8")
    assert shown("validate", str(path))
    assert shown("validate", str(path), "--debug")


def test_in_a_description_and_in_payloads_of_a_valid_scenario(tmp_path: Path) -> None:
    text = QUICKSTART.replace('"visit the golden shop today"', yaml_text(HOSTILE))
    path = tmp_path / "scenario.yaml"
    path.write_text(text, "utf-8")
    assert "quickstart is valid" in shown("validate", str(path))


@pytest.mark.parametrize("override", [f"name={HOSTILE}", f"{HOSTILE}=1", f"defender.{CLEAR}=1"])
def test_in_overrides(override: str) -> None:
    assert "--set" in shown("validate", "quickstart", "--set", override)


def test_in_names_of_files() -> None:
    assert "\\x1b[2J" in shown("validate", f"no{HOSTILE}such.yaml")
    assert "\\x1b[2J" in shown("compare", f"no{CLEAR}run", "nor-this")
    assert "\\x1b[2J" in shown("tune", f"no{CLEAR}such")
    assert "\\x1b[2J" in shown("list", f"kind{CLEAR}")


def test_in_what_parts_say_of_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "summary", lambda kind, name: HOSTILE)
    assert "\\x1b[2J" in shown("list", "objective")


@pytest.mark.parametrize(
    "error", [RuntimeError(HOSTILE), ArenaError(HOSTILE), InputError("no", found=HOSTILE)]
)
def test_in_exceptions(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    module = types.ModuleType("arena.runs.run")
    module.run = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "arena.runs.run", module)
    assert "\\x1b[2J" in shown("run", "quickstart")
    assert "\\x1b[2J" in shown("run", "quickstart", "--debug")


def test_in_tables_and_bars() -> None:
    """Rich's own codes reach the terminal, those of a cell do not."""
    out = io.StringIO()
    table = Table()
    table.add_column(HOSTILE.replace(LONE, ""))
    table.add_row(HOSTILE.replace(LONE, ""))
    console = Terminal(file=out, force_terminal=True, color_system="standard", width=200)
    console.print(table, style="red")
    console.print(HOSTILE.replace(LONE, ""))
    text = out.getvalue()
    assert "\x1b[31m" in text
    assert CLEAR not in text
    assert "\\x1b[2J" in text
    assert CSI not in text
    assert BACKWARDS not in text


def test_in_lines_of_progress() -> None:
    out = io.StringIO()
    lines = LogLines(out)
    lines.stage_started(f"poison {CLEAR}", "threat:x", 0, None)
    lines.note(HOSTILE.replace(LONE, ""))
    assert [char for char in RAW if char in out.getvalue()] == []
    assert "\\x1b[2J" in out.getvalue()
