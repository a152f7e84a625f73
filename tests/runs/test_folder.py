"""Where a run writes: each command has a folder of its own."""

from __future__ import annotations

from pathlib import Path

from arena.runs.run import free_folder, make_folder
from tests.support.observations import scenario


def test_two_runs_of_the_same_second_have_two_folders(tmp_path: Path) -> None:
    """Both chose their name before either made its folder."""
    both = [make_folder(tmp_path / "runs" / "a-20261130-120000", new=True) for _ in range(3)]
    assert [each.name for each in both] == [f"a-20261130-120000{end}" for end in ("", "-2", "-3")]
    assert all(each.is_dir() for each in both)


def test_a_given_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert make_folder(free_folder(scenario(), tmp_path / "x")) == tmp_path / "x"
    assert make_folder(free_folder(scenario(), tmp_path / "x")) == tmp_path / "x"
