"""A store that does not trust what it reads: damaged artifacts are set aside and made again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.execution.execute import needed, set_aside_broken
from arena.planning.graph import Node
from arena.store import integrity
from arena.store.manifest import MANIFEST
from arena.store.store import Store
from tests.support import toy_jobs

PAYLOAD = "weights"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def chain(store: Store) -> list[Node]:
    """Three stages, each the parent of the next, all stored with a file."""
    nodes: list[Node] = []
    for name in ("base", "model", "scores"):
        node = toy_jobs.node(name, toy_jobs.Look(), parents=nodes[-1:])
        store.commit(node.stage, lambda out: (out / PAYLOAD).write_bytes(b"x" * 100) and {})
        nodes.append(node)
    integrity._sound.clear()
    return nodes


def graph(chain: list[Node]) -> dict[str, Node]:
    return {node.address: node for node in chain}


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(bytes(content))


def write(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / MANIFEST).write_text(text) and None


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "one bit flipped": (lambda folder: flip(folder / PAYLOAD), "SHA-256 differs"),
    "emptied": (lambda folder: (folder / PAYLOAD).write_bytes(b"") and None, "has 0 bytes"),
    "a file gone": (lambda folder: (folder / PAYLOAD).unlink(), "is missing"),
    "a file too many": (lambda folder: (folder / "x").write_text("") and None, "not in the"),
    "no JSON": (write("{"), "cannot be read"),
    "a list": (write("[]"), "cannot be read"),
    "nothing in it": (write("{}"), "cannot be read"),
    "not text": (lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe") and None, "cannot"),
    "too deep": (write("[" * 100_000), "cannot be read"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_what_is_damaged_is_set_aside_and_to_do_again(
    how: str, store: Store, chain: list[Node]
) -> None:
    damage, says = DAMAGE[how]
    last = chain[-1]
    damage(store.path(last.address))
    (broken,) = set_aside_broken(graph(chain), [last.address], store)
    assert broken.node is last
    assert says in broken.flaw
    assert broken.place.is_dir()
    assert broken.place.parent == store.root / integrity.BROKEN
    assert needed(graph(chain), [last.address], store) == {last.address}


def test_what_is_sound_stays(store: Store, chain: list[Node]) -> None:
    assert set_aside_broken(graph(chain), [chain[-1].address], store) == []
    assert all(store.has(node.address) for node in chain)


def test_what_another_process_made_again_meanwhile_is_left(store: Store, chain: list[Node]) -> None:
    """A check of a large store takes minutes, in which another process may mend it."""
    address = chain[0].address
    assert integrity.set_aside(store, address, whole=True) is None
    assert store.has(address)
    flip(store.path(address) / PAYLOAD)
    integrity._sound.clear()
    place = integrity.set_aside(store, address, whole=True)
    assert place is not None
    assert place.is_dir()
    assert integrity.set_aside(store, address, whole=True) is None


def test_a_damaged_parent_is_made_again_before_what_reads_it(
    store: Store, chain: list[Node]
) -> None:
    store.discard(chain[2].address)
    flip(store.path(chain[1].address) / PAYLOAD)
    broken = set_aside_broken(graph(chain), [chain[2].address], store)
    assert [each.node for each in broken] == [chain[1]]
    todo = needed(graph(chain), [chain[2].address], store)
    assert todo == {chain[1].address, chain[2].address}


def test_large_files_are_compared_where_a_stage_reads_them(
    store: Store, chain: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "SMALL", 10)
    address = chain[1].address
    flip(store.path(address) / PAYLOAD)
    assert integrity.flaw(store, address, whole=False) is None
    assert integrity.flaw(store, address, whole=True) is not None


def test_an_artifact_is_compared_once_a_process(store: Store, chain: list[Node]) -> None:
    address = chain[0].address
    assert integrity.flaw(store, address, whole=True) is None
    flip(store.path(address) / PAYLOAD)
    store.used(address)
    assert integrity.flaw(store, address, whole=True) is None
    manifest = store.path(address) / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text())))
    assert integrity.flaw(store, address, whole=True) is not None
