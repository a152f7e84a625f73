"""What a node keeps of a run: shared by its processes, small, gone at the end."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.errors import ArenaError
from arena.store import integrity
from arena.store import scratch as scratches
from arena.store.parcels import Parcel, pack
from arena.store.scratch import in_use, receive, remove, scratch, trim
from arena.store.store import Store
from tests.support.stored_artifacts import put

Disk = namedtuple("Disk", "total used free")
HOLD = "import sys; from arena.store.scratch import scratch; print(scratch(*sys.argv[1:]).root)"
HOLD += "; sys.stdout.flush(); sys.stdin.read()"


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scratch.cache_clear()
    yield tmp_path
    scratch.cache_clear()


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store(tmp_path / "here")


def fill(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    """Let a disk of 100 bytes have so many free at each look, the last from then on."""
    looks = list(free)
    monkeypatch.setattr(
        "shutil.disk_usage", lambda _: Disk(100, 0, looks.pop(0) if len(looks) > 1 else looks[0])
    )


def test_a_node_has_one_store_of_a_run_and_each_node_its_own(base: Path) -> None:
    one = scratch("run", "n1")
    assert scratch("run", "n1") == one
    assert scratch("run", "n2") != one
    assert one.root.parent.stat().st_mode & 0o077 == 0
    remove("run")
    assert not one.root.exists()


def test_what_a_dead_run_left_goes_and_what_a_living_one_has_stays(base: Path) -> None:
    env = {"TMPDIR": str(base), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", HOLD, "other", "n1"]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        scratch("mine", "n1")
        assert theirs.is_dir()
        process.kill()
    scratch("mine", "n2")
    assert not theirs.exists()
    assert (theirs.parent / "mine-n1").is_dir()


def test_it_is_fetched_once_and_again_when_it_is_damaged(here: Store) -> None:
    store, address, fetched = scratch("run", "n"), put(here, "a"), []

    def fetch() -> Parcel:
        fetched.append(address)
        return pack(here, address)

    receive(store, address, fetch)
    receive(store, address, fetch)
    assert len(fetched) == 1
    store.discard(address)
    receive(store, address, fetch)
    file = store.path(address) / "part" / "weights"
    file.write_bytes(b"?")
    integrity._sound.clear()  # as in a new process, which has not looked yet
    receive(store, address, fetch)
    assert len(fetched) == 3
    assert file.read_bytes() == b"x" * 10


def test_what_arrives_damaged_is_refused(here: Store) -> None:
    store, address = scratch("run", "n"), put(here, "a")
    (here.path(address) / "part" / "weights").write_bytes(b"?")
    with pytest.raises(ArenaError, match="arrived damaged"):
        receive(store, address, lambda: pack(here, address))
    assert not store.has(address)


def test_a_full_disk_takes_what_nobody_uses_longest_unused_first(
    here: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = scratch("run", "n")
    first, second, third = (put(here, name) for name in "abc")
    for address in (first, second, third):
        with in_use(store, [address]):
            receive(store, address, lambda address=address: pack(here, address))  # type: ignore[misc]
    with in_use(store, [first]):  # used again: the second is now the oldest
        pass
    fill(monkeypatch, 50)
    assert trim(store) == []
    fill(monkeypatch, 5, 50)
    assert trim(store) == [second]
    fill(monkeypatch, 5)
    with in_use(store, [third]):
        assert trim(store) == [first]
        assert store.has(third)
    assert trim(store) == [third]
    assert not store.has(third)


def test_another_users_folder_is_not_used(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch("run", "n")
    monkeypatch.setattr("os.getuid", lambda: 4321)
    (base / "arena-scratch-4321").mkdir()
    with pytest.raises(PermissionError, match="another user's"):
        scratches._base()
