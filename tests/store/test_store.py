"""The artifact store: an address is its content's, and what stands under it is whole."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import ArenaError
from arena.store import store as stores
from arena.store.identity import digest
from arena.store.manifest import MANIFEST
from arena.store.store import Stage, Store, default_root

STAGE = Stage("train", "compromised", "arena", 0, {"steps": 4, "rate": 0.1}, {"model": "abc"})
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats()
KEYS = st.text("abAB\u00e9", max_size=3)
JSON = VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(KEYS, VALUES, max_size=3)


def writer(text: str = "weights") -> Callable[[Path], dict[str, Any]]:
    def write(out: Path) -> dict[str, Any]:
        (out / "model").write_text(text)
        (out / "part").mkdir()
        (out / "part" / "two").write_text(text)
        return {"loss": 1.5}

    return write


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "unlearn"},
        {"spec": {"steps": 5, "rate": 0.1}},
        {"spec": {"steps": 4, "rate": 0.1, "more": None}},
        {"parents": {"model": "abd"}},
        {"parents": {"tokenizer": "abc"}},
        {"parents": {}},
    ],
)
def test_the_address_changes_with_whatever_decides_the_outcome(change: dict[str, Any]) -> None:
    assert dataclasses.replace(STAGE, **change).address != STAGE.address


@pytest.mark.parametrize("change", [{"name": "other"}, {"party": "defender"}, {"seed": 7}])
def test_the_address_does_not_change_with_what_is_only_said(change: dict[str, Any]) -> None:
    assert dataclasses.replace(STAGE, **change).address == STAGE.address


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_the_order_of_keys_does_not_matter(content: dict[str, Any]) -> None:
    assert digest(dict(reversed(content.items()))) == digest(content)
    assert digest(json.loads(json.dumps(content))) == digest(content)


@given(JSON, JSON)
def test_different_content_has_different_digests(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest(one) == digest(other)) == same


def test_a_commit_stores_files_and_manifest(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.has(STAGE.address)
    returned = store.commit(STAGE, writer())
    assert store.has(STAGE.address)
    assert (store.path(STAGE.address) / "part" / "two").read_text() == "weights"
    manifest = store.manifest(STAGE.address)
    assert manifest == returned
    assert manifest["spec"] == dict(STAGE.spec)
    assert manifest["parents"] == dict(STAGE.parents)
    assert manifest["detail"] == {"loss": 1.5}
    assert manifest["seconds"] >= 0


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def write(out: Path) -> dict[str, Any]:
        writer()(out)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        store.commit(STAGE, write)
    assert not store.has(STAGE.address)
    assert not store.path(STAGE.address).exists()
    assert list((tmp_path / "aside").iterdir()) == []


def test_a_manifest_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(TypeError):
        store.commit(STAGE, lambda out: {"not": object()})
    assert not store.path(STAGE.address).exists()
    assert list((tmp_path / "aside").iterdir()) == []


def test_a_folder_without_a_manifest_is_no_artifact(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path(STAGE.address).mkdir()
    assert not store.has(STAGE.address)
    store.commit(STAGE, writer())  # an empty folder, left by whatever, gives way
    assert store.has(STAGE.address)


def test_the_first_of_two_commits_stays(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(STAGE, writer("first"))
    store.commit(STAGE, writer("second"))
    assert (store.path(STAGE.address) / "model").read_text() == "first"


def test_replace_puts_the_new_one_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for text in ("first", "second"):
        store.commit(STAGE, writer(text), replace=True)
        assert (store.path(STAGE.address) / "model").read_text() == text
    assert list((tmp_path / "aside").iterdir()) == []


def _whole(store: Store, texts: set[str]) -> bool:
    folder = store.path(STAGE.address)
    found = {(folder / name).read_text() for name in ("model", "part/two")}
    return store.has(STAGE.address) and len(found) == 1 and found <= texts


@pytest.mark.parametrize("replace", [False, True])
def test_many_threads_leave_one_whole_artifact(tmp_path: Path, replace: bool) -> None:
    store, gate, failed = Store(tmp_path), threading.Barrier(8), []

    def commit(text: str) -> None:
        gate.wait()
        try:
            for _ in range(10):
                store.commit(STAGE, writer(text), replace=replace)
        except Exception as error:
            failed.append(error)

    texts = [str(k) for k in range(8)]
    threads = [threading.Thread(target=commit, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert _whole(store, set(texts))
    assert list((tmp_path / "aside").iterdir()) == []


def _commit_often(root: Path, text: str) -> None:
    for _ in range(20):
        Store(root).commit(STAGE, writer(text))


def test_many_processes_leave_one_whole_artifact(tmp_path: Path) -> None:
    how = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    texts = [str(k) for k in range(4)]
    processes = [how.Process(target=_commit_often, args=(tmp_path, text)) for text in texts]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert _whole(Store(tmp_path), set(texts))


def test_the_default_root_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stores.ENVIRONMENT, str(tmp_path / "mine"))
    assert default_root() == tmp_path / "mine"
    monkeypatch.delenv(stores.ENVIRONMENT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_root() == tmp_path / "backdoor-arena"
    assert not default_root().exists()


def test_the_manifest_is_the_last_file_written(tmp_path: Path) -> None:
    """While the writer runs there is none, so a torn artifact cannot look whole."""
    seen: list[bool] = []

    def write(out: Path) -> dict[str, Any]:
        seen.append((out / MANIFEST).exists() or (tmp_path / STAGE.address).exists())
        return {}

    Store(tmp_path).commit(STAGE, write)
    assert seen == [False]


def test_what_an_interrupted_removal_left_does_not_block_a_commit(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path(STAGE.address).mkdir()
    (store.path(STAGE.address) / "left").write_text("over")
    store.commit(STAGE, writer())
    assert store.has(STAGE.address)
    assert not (store.path(STAGE.address) / "left").exists()
    assert list((tmp_path / "aside").iterdir()) == []


def test_the_manifest_names_every_file_but_itself(tmp_path: Path) -> None:
    manifest = Store(tmp_path).commit(STAGE, writer("weights"))
    facts = {"bytes": 7, "sha256": hashlib.sha256(b"weights").hexdigest()}
    assert manifest["files"] == {"model": facts, "part/two": facts}
    age = datetime.now(UTC) - datetime.fromisoformat(manifest["finished"])
    assert timedelta(0) <= age < timedelta(days=1)


def test_a_use_is_noted_in_the_manifests_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(STAGE, writer())
    file = store.path(STAGE.address) / MANIFEST
    os.utime(file, (1, 1))
    store.used(STAGE.address)
    assert file.stat().st_mtime > 1
    store.used("0" * 64)  # not there, or not ours to touch: nothing happens


def test_a_claim_is_one_threads_at_a_time_and_per_stage(tmp_path: Path) -> None:
    store, inside, most = Store(tmp_path), [], []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        for _ in range(10):
            with store.claim("a"):
                inside.append(None)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (40, 1)
    with store.claim("a"), store.claim("b"):
        assert store.claimed("a")
        assert not store.claimed("c")
    assert not store.claimed("a")


def test_a_claim_ends_with_its_block_and_keeps_its_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ValueError, match="inside"), store.claim("a"):
        raise ValueError("inside")
    assert not store.claimed("a")
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["a.lock"]


def _claim(store: Store) -> None:
    with store.claim(STAGE.address):
        pytest.fail("claimed")


@pytest.mark.parametrize(
    "act",
    [_claim, lambda store: store.commit(STAGE, writer()), lambda store: store.discard("a")],
    ids=["claim", "commit", "discard"],
)
def test_a_root_that_cannot_be_written_is_told(
    act: Callable[[Store], object], tmp_path: Path
) -> None:
    root = tmp_path / "file"
    root.touch()
    told = rf"cannot be written: {root} \(.*\); ARENA_STORE chooses another folder"
    with pytest.raises(ArenaError, match=told):
        act(Store(root))


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of lock")
@pytest.mark.filterwarnings("ignore:flock not supported")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_told(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(fd: int, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(ArenaError, match="cannot be written"):
        _claim(Store(tmp_path))


def test_discarding_takes_the_whole_artifact(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(STAGE, writer())
    store.discard(STAGE.address)
    store.discard(STAGE.address)  # gone already
    assert not store.path(STAGE.address).exists()
    assert list((tmp_path / "aside").iterdir()) == []
