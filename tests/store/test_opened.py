"""Where the store is, and that a place where none can be is told before anything is trained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arena.errors import InputError
from arena.store.store import ENVIRONMENT, opened_store

NAMES = ("a?b", "a#b", "a%20b", "a b", "é ü 木", "{a}", "a&b=c")


@pytest.mark.parametrize("name", NAMES)
def test_any_path_and_a_relative_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ENVIRONMENT, f"{name}/store")
    assert opened_store().root == tmp_path / name / "store"
    assert os.listdir(tmp_path) == [name]
    assert opened_store(Path("other"), make=False).root == tmp_path / "other"
    assert os.listdir(tmp_path) == [name]


def test_the_home_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(ENVIRONMENT, "~/x")
    assert opened_store().root == opened_store(Path("~/x")).root == tmp_path / "home" / "x"


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("a file", "must be a folder"),
        ("a file/x", "must be a folder"),
        ("loop", "the artifact store"),
        ("~no-such-user-9/x", "cannot be found"),
        ("nul\0", "cannot be found"),
        ("/proc/none/x", "cannot be made"),
    ],
)
def test_a_place_where_no_store_can_be_is_wrong_input(
    place: str, rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match=rule) as caught:
        opened_store(Path(place))
    assert (caught.value.key, caught.value.exit_status) == (ENVIRONMENT, 2)
    assert caught.value.found
    assert caught.value.allowed
    assert sorted(os.listdir(tmp_path)) == ["a file", "loop"]


def test_a_home_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ENVIRONMENT, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc/none")
    with pytest.raises(InputError, match="cannot be made"):
        opened_store()
