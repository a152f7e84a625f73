"""`arena cache`: what it prints, what it removes, what it refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from arena.cli import app
from arena.cli.cache import read_age, read_size, size_text
from arena.errors import InputError
from arena.store.sizes import BINARY, DECIMAL
from arena.store.store import Store
from tests.support.stored_artifacts import CODES, put, rewrite

DAY = timedelta(days=1)


def arena(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["cache", *arguments], env={"COLUMNS": "100", **env})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("arena.stages.kinds.codes", lambda: CODES)
    return Store(tmp_path / "store")


@pytest.mark.parametrize("command", [["show"], []])
def test_a_table_by_kind_and_where_it_is(command: list[str], store: Store) -> None:
    base = put(store, "base", size=2_000_000, idle=DAY)
    for name in ("one", "two"):
        rewrite(store, put(store, name, kind="unlearn", on=base), seconds=1800.0)
    result = arena(*command)
    assert result.exit_code == 0, result.stderr
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.split()}
    assert rows["train"][1:5] == ["1", "2.0", "MB", "0:00:00"]
    assert (rows["unlearn"][1], rows["unlearn"][4]) == ("2", "1:00:00")
    assert rows["total"][1:5] == ["3", "2.0", "MB", "1:00:00"]
    assert result.stdout.endswith(f"store: {store.root}\n")


def test_an_empty_store(store: Store) -> None:
    assert arena().stdout == f"store: {store.root} (nothing is stored)\n"
    assert arena("verify").exit_code == 0
    assert arena("prune", "--outdated").exit_code == 0
    assert not store.root.exists()


def test_the_option_goes_before_the_environment(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    put(other, "there", idle=9 * DAY)
    for command in (["--store"], ["show", "--store"], ["verify", "--store"]):
        assert str(other.root) in arena(*command, str(other.root)).stdout
    assert arena("prune", "--older-than", "1d", "--store", str(other.root)).exit_code == 0
    assert "nothing is stored" in arena("--store", str(other.root)).stdout


def test_an_option_before_the_command_is_refused(store: Store, tmp_path: Path) -> None:
    address = put(store, "one")
    result = arena("--store", str(tmp_path / "other"), "prune", "--max-size", "0B")
    assert result.exit_code == 2
    assert "--store: must follow the command: arena cache prune" in result.stderr
    assert store.has(address)


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 64)
    folder.mkdir()
    file = tmp_path / "file"
    file.touch()
    for place, message in ((tmp_path, "is not an artifact store"), (file, "must be a folder")):
        result = arena("prune", "--max-size", "0B", "--store", str(place))
        assert (result.exit_code, message in result.stderr) == (2, True)
    assert folder.exists()


def test_prune_says_what_it_does(store: Store) -> None:
    old, new = put(store, "old", size=5000, idle=40 * DAY), put(store, "new")
    would = arena("prune", "--older-than", "30d", "--dry-run")
    assert would.stdout.startswith(old[:16])
    assert "train  old" in would.stdout
    assert "would remove 1 (5." in would.stdout
    assert store.has(old)
    done = arena("prune", "--older-than", "30d")
    assert (done.exit_code, old[:16] in done.stdout) == (0, False)
    assert done.stdout.startswith("removed 1 (5.")
    assert not store.has(old)
    arena("prune", "--max-size", "0MB")
    assert not store.has(new)


def test_prune_removes_outdated_ones_on_request(store: Store) -> None:
    address = put(store, "one", code="yesterday")
    assert "1 outdated, broken or left over" in arena().stdout
    assert "removed 1" in arena("prune", "--outdated").stdout
    assert not store.path(address).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            ["arena cache prune: needs an option", "--older-than 30d, --max-size 5GB, --outdated"],
        ),
        (["--dry-run"], ["needs an option"]),
        (["--older-than", "30"], ["--older-than: must be an age", "30", "12h, 30d, 2w"]),
        (["--max-size", "5 miles"], ["--max-size: must be a size", "5 miles", "500MB, 5GB"]),
    ],
)
def test_prune_refuses(arguments: list[str], message: list[str], store: Store) -> None:
    address = put(store, "one")
    result = arena("prune", *arguments)
    assert result.exit_code == 2
    assert all(text in result.stderr for text in message)
    assert "Traceback" not in result.output
    assert store.has(address)


def test_verify_lists_problems_and_fails_on_broken_ones(store: Store) -> None:
    good, old = put(store, "good"), put(store, "old", code="yesterday")
    sound = arena("verify")
    assert sound.exit_code == 0
    assert sound.stdout.splitlines()[0].startswith(f"outdated  {old}  made by other code")
    (store.path(good) / "part" / "weights").write_bytes(b"other")
    result = arena("verify")
    assert result.exit_code == 1
    assert f"broken  {good}  part/weights: not what was stored" in result.stdout
    assert f"1 broken, 1 outdated in {store.root}" in result.stdout


def test_a_store_that_cannot_be_written_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = put(store, "one")

    def rename(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    result = arena("prune", "--max-size", "0B")
    assert result.exit_code == 1
    assert f"cannot be written: {store.root} (Permission denied)" in result.stderr
    assert store.has(address)


@pytest.mark.parametrize("command", ["", "show", "prune", "verify"])
def test_help_shows_an_example(command: str) -> None:
    result = arena(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"Example: arena cache {command}".rstrip() in result.stdout


@given(st.integers(0, 10**5), st.sampled_from(["h", "d", "w"]))
def test_ages(n: int, unit: str) -> None:
    hours = {"h": 1, "d": 24, "w": 168}[unit]
    assert read_age(f"{n}{unit}", "--x") == n * timedelta(hours=hours)
    assert read_age(f" {n} {unit} ", "--x") == n * timedelta(hours=hours)


@given(st.integers(0, 10**6), st.sampled_from(list(DECIMAL | BINARY)))
def test_sizes(n: int, unit: str) -> None:
    expected = n * (DECIMAL | BINARY)[unit]
    for text in (f"{n}{unit}", f"{n} {unit.lower()}", f"{n}.0{unit.upper()}"):
        assert read_size(text, "--x") == expected


@given(st.integers(0, 10**16))
def test_a_size_reads_back_as_what_it_shows(size: int) -> None:
    back = read_size(size_text(size), "--x")
    assert back is not None
    assert abs(back - size) <= 0.05 * size
    assert (back == size) or size >= 1000


def test_fractions_and_nothing() -> None:
    assert read_size("1.5GiB", "--x") == 3 * 2**29
    assert read_age("1.5d", "--x") == timedelta(hours=36)
    assert read_size(None, "--x") is None
    assert read_age(None, "--x") is None


@pytest.mark.parametrize("text", ["", "d", "3", "-3d", "3m", "1e3d", "3d2h", "٣d", "9999999w"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(InputError, match="--x: must be an age"):
        read_age(text, "--x")


@pytest.mark.parametrize("text", ["", "GB", "3", "-3GB", "3G", "1e3GB", "inf", "٣GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="--x: must be a size"):
        read_size(text, "--x")
