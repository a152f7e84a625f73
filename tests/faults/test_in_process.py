"""A run that is disturbed again and again, in one process: its results are those of a calm one.

Quick: all disturbances share one store and one folder, so that each goes on where the last
one ended. The same with processes that are really killed: test_killed.py.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena import report, run, tune
from arena.errors import ArenaError, MachineError
from arena.search.ownership import SILENT
from arena.store import store as stores
from arena.store.manifest import MANIFEST
from arena.store.store import Store
from tests.support import toys
from tests.support.outcomes import outcome
from tests.support.started import SCENARIOS, TINY

MOMENTS = ("clean base", "poison", "compromised", "unlearn", "score unlearn")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without any disturbance: its folder `out` and its `store`."""
    folder = tmp_path_factory.mktemp("calm")
    run(toys.small(*TINY), out=folder / "out", store=folder / "store", quiet=True)
    return folder


@pytest.fixture(scope="module")
def calm(undisturbed: Path) -> Any:
    """The outcome without any disturbance."""
    return outcome(undisturbed / "out")


@pytest.fixture
def stored(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of its store."""
    return shutil.copytree(undisturbed / "store", tmp_path / "store")


def no_space() -> Exception:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_space_in_rust() -> Exception:
    """As safetensors says it."""
    return RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")


Make = Callable[[], BaseException]
DISTURBANCES: dict[str, tuple[tuple[Make, ...], type[BaseException]]] = {
    "interrupted": ((KeyboardInterrupt,), KeyboardInterrupt),
    "full disk": ((no_space, no_space_in_rust), MachineError),
}


@pytest.mark.parametrize("kind", ["interrupted", pytest.param("full disk", marks=pytest.mark.slow)])
def test_a_run_disturbed_at_every_moment_ends_as_a_calm_one(
    kind: str, calm: Any, tmp_path: Path
) -> None:
    """Each stage is cut off between its work and its publishing."""
    out, where = tmp_path / "out", tmp_path / "store"
    makes, expected = DISTURBANCES[kind]
    for moment, make in zip(MOMENTS, itertools.cycle(makes), strict=False):
        with pytest.MonkeyPatch.context() as patch:
            cut_off(patch, moment, make)
            with pytest.raises(expected):
                run(toys.small(*TINY), out=out, store=where, quiet=True)
        assert not (out / "results.json").exists()
        assert list((where / "aside").iterdir()) == []
    log = (out / "run.log").read_text()
    assert log.count("the same command continues") == len(MOMENTS)
    done = run(toys.small(*TINY), out=out, store=where, quiet=True)
    assert outcome(done.folder) == calm


def cut_off(
    patch: pytest.MonkeyPatch, moment: str, make: Callable[[], BaseException | None]
) -> None:
    """Let stages of this name fail when all but their manifest is written, as `make` says."""
    whole = stores._manifest

    def manifest(stage: stores.Stage, *rest: Any) -> dict[str, Any]:
        error = make() if stage.name.startswith(moment) else None
        if error is not None:
            raise error
        return whole(stage, *rest)

    patch.setattr(stores, "_manifest", manifest)


def test_results_that_could_not_be_written_are_written_by_the_same_command(
    calm: Any, stored: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def again() -> None:
        run(toys.small(*TINY), out=out, store=stored, quiet=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arena.runs.run.write_results", full)
        with pytest.raises(OSError, match="No space left"):
            again()
        assert not (out / "results.json").exists()
        patch.undo()
        patch.setattr("arena.reporting.build.write_report", full)
        with pytest.raises(ArenaError, match=f"`arena report {out}` writes it"):
            again()
    assert outcome(out) == calm
    assert report(out).is_file()


def full(*_: Any) -> None:
    raise no_space()


def test_a_store_damaged_between_two_commands_changes_no_result(
    calm: Any, stored: Path, tmp_path: Path
) -> None:
    for manifest in sorted(stored.glob(f"*/{MANIFEST}")):
        file = max(manifest.parent.iterdir(), key=lambda each: each.stat().st_size)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    again = run(toys.small(*TINY), out=tmp_path / "second", store=stored, quiet=True)
    assert outcome(again.folder) == calm
    assert "is damaged" in (again.folder / "run.log").read_text()


def test_a_search_stopped_in_a_trial_goes_on_with_that_trial(tmp_path: Path) -> None:
    """With signals, for every command and to the end of the search: test_signals.py."""
    out, where = tmp_path / "out", tmp_path / "store"

    def stopped_at(number: int) -> None:
        """Run it until it has trained so many suspects but one."""
        count = itertools.count(1)
        with pytest.MonkeyPatch.context() as patch:
            last = lambda: KeyboardInterrupt() if next(count) == number else None  # noqa: E731
            cut_off(patch, "compromised", last)
            with pytest.raises(KeyboardInterrupt):
                tune(SCENARIOS["tune"](), study="k", out=out, store=where, quiet=True)

    stopped_at(2)  # in the second trial
    made = {file: file.read_text() for file in where.glob(f"*/{MANIFEST}")}
    assert made
    began = time.monotonic()
    stopped_at(2)  # behind the second trial, in the selection
    assert time.monotonic() - began < SILENT  # the first driver left its trial to the next
    assert {file: file.read_text() for file in made} == made
    lines = (out / "events.jsonl").read_text().splitlines()
    told = [json.loads(line)["event"] for line in lines]
    first, second = ([text for text in told if f"trial {n} of k" in text] for n in (0, 1))
    assert first == ["started trial 0 of k", "finished trial 0 of k"]
    assert [text.split()[0] for text in second] == ["started", "resumed", "started", "finished"]
    assert (out / "run.log").read_text().count("the same command continues") == 2


def test_another_error_of_a_stage_is_no_full_disk(tmp_path: Path) -> None:
    stage = stores.Stage("k", "n", "arena", 0, {})

    def fails(folder: Path) -> dict[str, Any]:
        raise PermissionError(errno.EACCES, "denied")

    with pytest.raises(PermissionError):
        Store(tmp_path).commit(stage, fails)
