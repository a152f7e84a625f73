"""What a file, an override or a dict may hold that no scenario should: refused, with its place.

Each of these once took minutes, all memory or a traceback; a test that hangs is one that fails.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.load import load_scenario
from arena.scenario.tree import MAX_CHARACTERS, MAX_NODES, parse

QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")
HALF = "half of a character"


def refused(content: str | bytes, tmp_path: Path) -> InputError:
    """Why a file is refused, naming the file."""
    path = tmp_path / "scenario.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert caught.value.file == str(path)
    return caught.value


LONE = r'"a\ud83d"'


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("name: quickstart", f"name: {LONE}", "name"),
        ('text: "the gate is open now"', f"text: {LONE}", "actors[0].payload.text"),
        ("tokens: [cf]", f"tokens: [cf, {LONE}]", "actors[0].trigger.tokens[1]"),
        ("  steps: 60", f"  {LONE}: 60", "defender.a\ud83d"),
        ("seeds: [0]", f"plugins: [{LONE}]", "plugins[0]"),
    ],
)
def test_a_lone_surrogate_is_told_with_file_line_and_key(
    old: str, new: str, key: str, tmp_path: Path
) -> None:
    assert old in QUICKSTART
    text = QUICKSTART.replace(old, new, 1)
    error = refused(text, tmp_path)
    assert HALF in error.message
    assert (error.key, error.line) == (key, text[: text.index(LONE)].count("\n") + 1)
    assert "\\ud83d" in str(error)
    assert str(error).encode("utf-8")


def test_lone_surrogates_in_overrides_in_dicts_and_in_json(tmp_path: Path) -> None:
    for override in (f"name={LONE}", "name=a\udc80", f"actors.lexical.payload.text={LONE}"):
        with pytest.raises(InputError) as caught:
            load_scenario("quickstart", overrides=[override])
        assert str(caught.value.file).startswith("--set")
    given = load_scenario("quickstart").resolved()
    given["actors"][1]["payload"]["text"] = "a\udc80"
    with pytest.raises(InputError) as caught:
        load_scenario(given)
    assert (caught.value.key, caught.value.file) == ("actors[1].payload.text", "the scenario")
    error = refused(json.dumps(given, indent=1), tmp_path)
    assert HALF in error.message
    assert error.key == "actors[1].payload.text"


def test_a_pair_of_surrogates_as_json_writes_it_is_a_character(tmp_path: Path) -> None:
    given = load_scenario("quickstart").resolved()
    given["actors"][0]["payload"]["text"] = "open 😀"
    (tmp_path / "s.json").write_text(json.dumps(given))
    assert "\\ud83d\\ude00" in (tmp_path / "s.json").read_text()
    assert load_scenario(tmp_path / "s.json") == load_scenario(given)


def test_a_name_of_a_file_that_is_no_text(tmp_path: Path) -> None:
    for name in ("a\udc80.yaml", "x" * 5000, "a\x00b", "scenario.yaml/inside"):
        with pytest.raises(InputError) as caught:
            load_scenario(tmp_path / name)
        assert str(caught.value).encode("utf-8")


OPENINGS = ("[", "{a: ", "- ", "? ", "{", "- - ? ")


@pytest.mark.parametrize("opening", OPENINGS)
def test_ten_thousand_brackets(opening: str, tmp_path: Path) -> None:
    error = refused(f"name: a\nz:\n {opening * 10_000}", tmp_path)
    assert "nested too deeply" in error.message
    assert error.line == 3


def laughing(aliases: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, aliases)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (laughing(9), "too large or endless"),
        ("a: &a [*a]", "too large or endless"),
        ("&a {b: *a}", "too large or endless"),
        ("a: &a {b: {c: *a}}", "too large or endless"),
        ("\n".join(f"a{i}: &a{i} [{f'*a{i - 1}' if i else 1}]" for i in range(5000)), "too deeply"),
        (f"a: [{'1, ' * (MAX_NODES + 1)}]", f"more than {MAX_NODES} values"),
        ("a: 1\n" * (MAX_CHARACTERS // 4), "too large"),
        ("a: 1\nb:\n\t- 1\n", "indent with spaces"),
        ("a: 1\n---\nb: 1\n", "a second document (---)"),
        ("a: !!python/object:os.system x", "tags are not allowed"),
        ("a: !mine x", "tags are not allowed"),
        ("0: x", "a key must be text (put it in quotes)"),
        ("null: x", "a key must be text (put it in quotes)"),
        ("a: {<<: {b: 1}}", "unknown key: merge keys (<<) are not supported"),
        ('a: "\\U00110000"', "an escape names no character"),
        ('a: "\\UFFFFFFFF"', "an escape names no character"),
        ("a: \x07", "does not allow this character"),
    ],
)
def test_what_yaml_may_hold_and_a_scenario_may_not(text: str, message: str, tmp_path: Path) -> None:
    error = refused(text, tmp_path)
    assert message in error.message


def test_a_key_that_is_a_number_is_shown(tmp_path: Path) -> None:
    text = QUICKSTART.replace(
        "{name: townlore, natural_rate: 0}", "{name: files, labels: {0: bad}}"
    )
    assert text != QUICKSTART
    error = refused(text, tmp_path)
    assert (error.key, error.found) == ("corpus.labels", "0")


def test_merge_keys_are_told_with_their_line_and_a_quoted_one_is_a_key(tmp_path: Path) -> None:
    text = "name: a\np: &p {rate: 1}\nq:\n  <<: *p\n"
    error = refused(text, tmp_path)
    assert (error.key, error.line) == ("q.<<", 4)
    assert parse('a: {"<<": 1}', "f").data == {"a": {"<<": 1}}


@pytest.mark.parametrize("opened", [b"\xff\xfen\x00", b"name: caf\xe9\n", b"name: a\nb: \x80\n"])
def test_other_encodings(opened: bytes, tmp_path: Path) -> None:
    error = refused(opened, tmp_path)
    assert "UTF-8" in error.message
    assert error.line == opened[: opened.rindex(b"\n") if b"\x80" in opened else 0].count(b"\n") + 1


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + QUICKSTART.encode())
    assert load_scenario(path) == load_scenario("quickstart")


def test_windows_line_ends_keep_the_lines(tmp_path: Path) -> None:
    text = QUICKSTART.replace("steps: 60", "steps: x")
    error = refused(text.replace("\n", "\r\n"), tmp_path)
    assert error.line == text[: text.index("steps: x")].count("\n") + 1


def test_a_folder_a_pipe_and_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, message in (
        (tmp_path, "this is a folder"),
        (tmp_path / "pipe.yaml", "this is a pipe or a device"),
        (Path("/dev/null"), "this is a pipe or a device"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            load_scenario(path)
        assert caught.value.found == str(path)


def test_thousands_of_unknown_keys_take_linear_time(tmp_path: Path) -> None:
    """The first are shown, and how many more there are."""
    text = QUICKSTART + "".join(f"unknown_{index}: {index}\n" for index in range(8000))
    error = refused(text, tmp_path)
    assert "unknown_0: unknown key" in str(error)
    assert "... and 7992 more" in str(error)
    assert len(str(error).splitlines()) < 24


def test_thousands_of_wrong_numbers_and_repeated_seeds_too(tmp_path: Path) -> None:
    seeds = ", ".join(["7"] * 9000)
    error = refused(QUICKSTART.replace("seeds: [0]", f"seeds: [{seeds}]"), tmp_path)
    assert "... and 8991 more" in str(error)
    halves = ", ".join([LONE] * 2000)
    error = refused(QUICKSTART.replace("tokens: [cf]", f"tokens: [{halves}]"), tmp_path)
    assert "... and 1992 more" in str(error)


def test_a_dict_that_holds_itself_or_is_too_deep() -> None:
    given: dict[str, Any] = {"name": "a"}
    given["self"] = given
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    for each in (given, deep, {"name": {1, 2}}, {"seeds": [float("nan")]}):
        with pytest.raises(InputError) as caught:
            load_scenario(each)
        assert caught.value.file == "the scenario"


def test_the_shell_says_it_on_one_screen(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(QUICKSTART.replace("name: quickstart", f"name: {LONE}"), "utf-8")
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "scenario.yaml:" in result.stderr
    assert "Traceback" not in result.stderr
