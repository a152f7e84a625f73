"""Artifacts that are sent: they arrive as they were, or not at all."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import ArenaError
from arena.store.manifest import MANIFEST
from arena.store.parcels import Parcel, chain, pack, unpack
from arena.store.store import Stage, Store, files_of
from tests.support.stored_artifacts import put

NAMES = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.bin", fullmatch=True)


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Store:
    return Store(tmp_path / "there")


def changed(parcel: Parcel, files: Mapping[str, bytes | None]) -> Parcel:
    """The parcel with other contents of some files; None leaves a file out."""
    kept = {name: content for name, content in parcel.files.items() if name not in files}
    new = {n: np.frombuffer(c, dtype=np.uint8) for n, c in files.items() if c is not None}
    return dataclasses.replace(parcel, files={**kept, **new})


@given(files=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=6))
def test_what_arrives_is_what_was_packed(
    files: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stores")
    one, other = Store(folder / "one"), Store(folder / "other")
    stage = Stage("train", "s", "arena", 0, {"name": "s"}, {"base": "0" * 64})

    def write(out: Path) -> Mapping[str, object]:
        for name, content in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)
        return {}

    one.commit(stage, write)
    parcel = pickle.loads(pickle.dumps(pack(one, stage.address), protocol=5))
    assert unpack(parcel, other) == one.manifest(stage.address)
    sent, got = one.path(stage.address), other.path(stage.address)
    assert files_of(got) == files_of(sent)
    assert (got / MANIFEST).read_bytes() == (sent / MANIFEST).read_bytes()
    assert parcel.size == sum(file.stat().st_size for file in sent.rglob("*") if file.is_file())


WEIGHTS = "part/weights"
TAMPERED: dict[str, tuple[Callable[[Parcel], Parcel], str]] = {
    "a bit": (lambda p: changed(p, {WEIGHTS: b"xxxxyxxxxx"}), "SHA-256 differs"),
    "cut off": (lambda p: changed(p, {WEIGHTS: b"xxx"}), "has 3 bytes, 10 were stored"),
    "a file missing": (lambda p: changed(p, {WEIGHTS: None}), f"{WEIGHTS} is missing"),
    "a file too many": (lambda p: changed(p, {"more": b""}), "more is not in the manifest"),
    "no manifest": (lambda p: changed(p, {MANIFEST: None}), "is not what was sent"),
    "another manifest": (lambda p: changed(p, {MANIFEST: b"{}"}), "is not what was sent"),
    "another address": (
        lambda p: dataclasses.replace(p, address="f" * 64),
        "is of another artifact",
    ),
    "a file outside": (lambda p: changed(p, {"../../evil": b"x"}), "is not a file of an artifact"),
    "an absolute file": (lambda p: changed(p, {"/tmp/evil": b"x"}), "is not a file of an artifact"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_tampered_with_is_refused_and_nothing_of_it_stays(
    how: str, here: Store, there: Store
) -> None:
    tamper, told = TAMPERED[how]
    parcel = tamper(pack(here, put(here, "a")))
    with pytest.raises(ArenaError, match="arrived damaged") as refused:
        unpack(parcel, there)
    assert told in str(refused.value)
    assert not there.has(parcel.address)
    assert [path.name for path in there.root.rglob("*")] == ["aside"]
    assert not (there.root.parent / "evil").exists()


def test_an_adapter_follows_the_checkpoint_under_it(here: Store, there: Store) -> None:
    base = put(here, "base")
    adapter = put(here, "adapter", on=base)
    assert chain(here, adapter) == (base, adapter)
    assert chain(here, base) == (base,)
    with pytest.raises(ArenaError, match="the checkpoint under it"):
        unpack(pack(here, adapter), there)
    for address in chain(here, adapter):
        unpack(pack(here, address), there)
    assert there.has(adapter)


def test_a_circle_of_adapters_ends(here: Store) -> None:
    one, other = put(here, "one"), put(here, "other")
    for address, below in ((one, other), (other, one)):
        (here.path(address) / "parent.json").write_text(json.dumps({"sibling": below}))
    assert chain(here, one) == (other, one)


def test_what_is_not_there_cannot_be_packed(here: Store) -> None:
    with pytest.raises(FileNotFoundError, match="there is no artifact at"):
        pack(here, "0" * 64)


def test_what_stands_there_stays_unless_it_is_replaced(here: Store, there: Store) -> None:
    address = put(here, "a")
    put(there, "a")
    before = (there.path(address) / WEIGHTS).stat().st_ino
    unpack(pack(here, address), there)
    assert (there.path(address) / WEIGHTS).stat().st_ino == before
    unpack(pack(here, address), there, replace=True)
    assert (there.path(address) / WEIGHTS).stat().st_ino != before
