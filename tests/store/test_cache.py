"""The store is kept: what is in it, what goes first, and what is told of a damaged one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.execution.execute import report_stored
from arena.execution.perform import perform
from arena.execution.timeline import Timeline
from arena.progress.observer import Silent
from arena.store import maintenance as cache
from arena.store.maintenance import inventory, prune, verify
from arena.store.manifest import MANIFEST
from arena.store.store import Store
from tests.support import toy_jobs
from tests.support.stored_artifacts import CODES, leave, put, rewrite

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def left(store: Store) -> set[str]:
    return {entry.address for entry in inventory(store, CODES)}


def test_there_may_be_no_store_yet(store: Store) -> None:
    assert inventory(store, CODES) == verify(store, CODES) == ()
    assert prune(store, CODES, max_bytes=0) == cache.Pruned((), (), 0)
    assert not store.root.exists()


def test_an_entry_says_what_its_manifest_and_its_files_say(store: Store) -> None:
    old = put(store, "old", idle=2 * DAY, size=1000)
    new = put(store, "new", kind="unlearn", on=old)
    first, second = inventory(store, CODES)
    assert (first.address, first.kind, first.name, first.sibling) == (old, "train", "old", None)
    assert (second.address, second.kind, second.sibling) == (new, "unlearn", old)
    assert first.seconds == store.manifest(old)["seconds"]
    assert first.bytes == 1000 + (store.path(old) / MANIFEST).stat().st_size
    assert timedelta(days=1) < datetime.now(UTC) - first.used < timedelta(days=3)
    assert {first.state, second.state} == {"whole"}


@pytest.mark.parametrize("text", [None, "", "{", "[]", "7", '{"kind": "train"}', "\udcff"])
def test_an_artifact_without_a_manifest_that_can_be_read_is_broken(
    text: str | None, store: Store
) -> None:
    address = put(store, "one")
    file = store.path(address) / MANIFEST
    file.unlink()
    if text is not None:
        file.write_bytes(text.encode(errors="surrogateescape"))
    (entry,) = inventory(store, CODES)
    assert (entry.address, entry.state, entry.kind) == (address, "broken", "")
    assert entry.bytes >= 10
    assert [problem.state for problem in verify(store, CODES)] == ["broken"]


def test_what_other_code_made_is_outdated_and_not_broken(store: Store) -> None:
    put(store, "one")
    other = {**CODES, "train": "tomorrow"}
    assert [entry.state for entry in inventory(store, other)] == ["outdated"]
    (problem,) = verify(store, other)
    assert problem.state == "outdated"
    assert problem.what == "made by other code of 'train' than today's"


def test_a_kind_that_is_not_known_here_is_not_outdated(store: Store) -> None:
    """It is a plug-in's, and plug-ins are not loaded here."""
    address = put(store, "one")
    none = {kind: code for kind, code in CODES.items() if kind != "train"}
    assert [entry.state for entry in inventory(store, none)] == ["whole"]
    assert verify(store, none) == ()
    prune(store, none, outdated=True)
    assert left(store) == {address}


def test_a_file_that_artifacts_share_counts_once(store: Store) -> None:
    """As a removal's model at its last dose: hard links to the same weights."""
    one, other = put(store, "one", size=1000), put(store, "other", size=10)
    shared = store.path(one) / "shared"
    shared.write_bytes(b"x" * 4000)
    before = {entry.address: entry.bytes for entry in inventory(store, CODES)}
    (store.path(other) / "shared").hardlink_to(shared)
    after = {entry.address: entry.bytes for entry in inventory(store, CODES)}
    assert sum(after.values()) == sum(before.values())
    assert after[other] == before[other] + 2000
    assert (
        len(prune(store, CODES, max_bytes=3000, dry_run=True).removed) == 2
    )  # one frees too little


def test_a_run_that_finds_an_artifact_uses_it(store: Store, tmp_path: Path) -> None:
    node = toy_jobs.node("look", toy_jobs.Look())
    perform(node.stage, node.job, store)
    leave(store.path(node.address) / MANIFEST, 9 * DAY)
    timeline = Timeline(tmp_path / "events.jsonl")
    report_stored([node, toy_jobs.node("not there", None)], store, Silent(), timeline)
    timeline.close()
    (entry,) = inventory(store, CODES)
    assert datetime.now(UTC) - entry.used < DAY


def test_by_age(store: Store) -> None:
    old, new = put(store, "old", idle=3 * HOUR), put(store, "new", idle=HOUR)
    done = prune(store, CODES, older_than=2 * HOUR)
    assert [entry.address for entry in done.removed] == [old]
    assert [entry.address for entry in done.kept] == [new]
    assert left(store) == {new}
    assert list((store.root / "aside").iterdir()) == []


def test_by_size_the_least_recently_used_goes_first(store: Store) -> None:
    names = [put(store, str(k), size=1000, idle=k * HOUR) for k in range(4)]
    total = sum(entry.bytes for entry in inventory(store, CODES))
    assert prune(store, CODES, max_bytes=total).removed == ()
    done = prune(store, CODES, max_bytes=total - 1500)
    assert [entry.address for entry in done.removed] == [names[3], names[2]]
    assert left(store) == {names[0], names[1]}


def test_nothing_goes_unless_asked_for(store: Store) -> None:
    address = put(store, "one", idle=900 * DAY, code="yesterday")
    (store.root / ("b" * 64)).mkdir()
    assert prune(store, CODES).removed == ()
    assert prune(store, CODES, outdated=True, dry_run=True).kept == ()
    assert left(store) == {address, "b" * 64}
    prune(store, CODES, outdated=True)
    assert left(store) == set()


def test_what_a_kept_artifact_stands_on_is_kept(store: Store) -> None:
    base = put(store, "base", idle=9 * DAY)
    middle = put(store, "middle", on=base, idle=8 * DAY)
    top = put(store, "top", on=middle)
    other = put(store, "other", idle=DAY)
    assert prune(store, CODES, older_than=2 * DAY).removed == ()
    sizes = {entry.address: entry.bytes for entry in inventory(store, CODES)}
    prune(store, CODES, max_bytes=sum(sizes.values()) - 1)
    assert left(store) == {base, middle, top}
    prune(store, CODES, max_bytes=sum(sizes[a] for a in (base, middle, top)) - 1)
    assert left(store) == {base, middle}, "the one on top, and it was enough"
    assert other in sizes
    prune(store, CODES, older_than=2 * DAY)
    assert left(store) == set()


def test_an_outdated_base_of_a_kept_artifact_stays(store: Store) -> None:
    base = put(store, "base", code="yesterday")
    put(store, "alone", code="yesterday")
    top = put(store, "top", kind="unlearn", on=base)
    prune(store, CODES, outdated=True)
    assert left(store) == {base, top}


def test_a_circle_of_siblings_ends(store: Store) -> None:
    one = put(store, "one")
    two = put(store, "two", on=one)
    (store.path(one) / "parent.json").write_text(f'{{"sibling": "{two}"}}')
    assert prune(store, CODES, older_than=-DAY).removed == ()
    assert len(prune(store, CODES, max_bytes=0).removed) == 2


def test_what_was_used_meanwhile_stays_with_what_it_stands_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = put(store, "base", idle=9 * DAY)
    top = put(store, "top", on=base, idle=9 * DAY)
    seen = inventory(store, CODES)
    store.used(top)
    monkeypatch.setattr(cache, "inventory", lambda *_: seen)
    assert prune(store, CODES, older_than=DAY).removed == ()
    assert left(store) == {base, top}


SIZES = st.integers(0, 3000)
ARTIFACT = st.tuples(SIZES, st.integers(0, 50), st.none() | st.integers(0, 4))


@settings(max_examples=40)
@given(st.lists(ARTIFACT, max_size=6), st.integers(0, 12_000), st.none() | st.integers(1, 50))
def test_pruning_keeps_to_the_size_and_breaks_nothing(
    made: list[tuple[int, int, int | None]], most: int, age: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, addresses = Store(Path(folder)), list[str]()
        for k, (size, hours, on) in enumerate(made):
            under = addresses[on] if on is not None and on < k else None
            addresses.append(put(store, str(k), size=size, idle=hours * HOUR, on=under))
        older = None if age is None else age * HOUR - HOUR / 2
        said = prune(store, CODES, older_than=older, max_bytes=most, dry_run=True)
        assert left(store) == set(addresses)
        done = prune(store, CODES, older_than=older, max_bytes=most)
        assert (done.removed, done.kept) == (said.removed, said.kept)
        assert inventory(store, CODES) == done.kept
        assert verify(store, CODES) == ()
    assert sum(entry.bytes for entry in done.kept) <= most
    if not any(entry.sibling for entry in done.removed + done.kept):
        _least_recently_used(done, most, older)


def _least_recently_used(done: cache.Pruned, most: int, older: timedelta | None) -> None:
    newest = max((entry.used for entry in done.removed), default=datetime.min.replace(tzinfo=UTC))
    assert all(entry.used >= newest for entry in done.kept)
    now = datetime.now(UTC)
    young = [e for e in done.removed if older is None or now - e.used <= older]
    if young:
        last = max(young, key=lambda entry: (entry.used, entry.address))
        assert sum(entry.bytes for entry in done.kept) + last.bytes > most


def _abandon(store: Store, address: str, idle: timedelta) -> tuple[Path, Path]:
    aside = store.root / "aside" / f"{address}-{'0' * 12}"
    progress = store.progress_file(address)
    for folder in (aside, progress.parent):
        folder.mkdir(parents=True, exist_ok=True)
    (aside / "half").write_text("half")
    progress.write_text("3")
    leave(aside, idle)
    leave(progress, idle)
    return aside, progress


def test_what_a_killed_process_left_is_swept_after_a_day(store: Store) -> None:
    dead = _abandon(store, "a" * 64, 2 * DAY)
    alive = _abandon(store, "b" * 64, HOUR)
    assert [(entry.state, entry.bytes) for entry in inventory(store, CODES)] == [("left over", 4)]
    assert prune(store, CODES, dry_run=True).progress == 1
    assert all(path.exists() for path in dead)
    done = prune(store, CODES)
    assert ([entry.state for entry in done.removed], done.progress) == (["left over"], 1)
    assert not any(path.exists() for path in dead)
    assert all(path.exists() for path in alive)


def test_what_a_living_process_trains_for_days_is_not_swept(store: Store) -> None:
    paths = _abandon(store, "a" * 64, 9 * DAY)
    with store.claim("a" * 64):
        assert prune(store, CODES, max_bytes=0).removed == ()
    assert all(path.exists() for path in paths)
    assert (store.root / "locks" / f"{'a' * 64}.lock").exists()


def test_what_is_not_the_stores_stays(store: Store, tmp_path: Path) -> None:
    put(store, "one")
    names = ["notes", "manifest.json", "aside/mine", "progress/mine", "c" * 63, "c" * 64 + ".old"]
    for path in (store.root / name for name in names):
        path.mkdir(parents=True)
        leave(path, 99 * DAY)
    (store.root / ("d" * 64)).symlink_to(tmp_path)
    prune(store, CODES, older_than=-DAY, max_bytes=0, outdated=True)
    assert all((store.root / name).exists() for name in names)
    assert (store.root / ("d" * 64)).is_symlink()


def test_a_sound_store_has_no_problems(store: Store) -> None:
    put(store, "top", on=put(store, "base"))
    assert verify(store, CODES) == ()


def _flip(folder: Path) -> None:
    (folder / "part" / "weights").write_bytes(b"y" * 10)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "part/weights: not what was stored": _flip,
    "part/weights: missing": lambda folder: (folder / "part" / "weights").unlink(),
    "more: not in manifest.json": lambda folder: (folder / "more").touch(),
    "its parent is missing": lambda folder: shutil.rmtree(
        next(p for p in folder.parent.glob("?" * 64) if p != folder)
    ),
    "manifest.json describes another stage": lambda folder: rewrite(
        Store(folder.parent), folder.name, spec={"name": "another", "code": CODES["train"]}
    ),
}


@pytest.mark.parametrize("told", DAMAGE)
def test_damage_is_told(told: str, store: Store) -> None:
    address = put(store, "top", on=put(store, "base"))
    DAMAGE[told](store.path(address))
    (problem,) = verify(store, CODES)
    assert (problem.address, problem.state) == (address, "broken")
    assert problem.what.startswith(told)


def test_a_moved_artifact_is_told(store: Store) -> None:
    address = put(store, "one")
    store.path(address).rename(store.path("e" * 64))
    assert [problem.address for problem in verify(store, CODES)] == ["e" * 64]


def test_an_artifact_replaced_while_it_is_read_is_no_problem(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, real, calls = put(store, "one"), cache.files_of, list[Path]()

    def files_of(folder: Path) -> dict[str, dict[str, object]]:
        if not calls:
            store.discard(address)
            put(store, "one", size=99)
        calls.append(folder)
        return real(folder)

    monkeypatch.setattr(cache, "files_of", files_of)
    assert verify(store, CODES) == ()
    assert len(calls) == 2


def test_an_artifact_removed_while_it_is_read_is_no_problem(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, real = put(store, "one"), cache.files_of

    def files_of(folder: Path) -> dict[str, dict[str, object]]:
        store.discard(address)
        return real(folder)

    monkeypatch.setattr(cache, "files_of", files_of)
    assert verify(store, CODES) == ()
