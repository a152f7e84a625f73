"""A probe of the store is seen where its content is read, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from arena.errors import ArenaError
from arena.store.probe import probe
from arena.store.store import Store


def test_it_is_seen_in_the_same_store_and_gone_afterwards(tmp_path: Path) -> None:
    with probe(Store(tmp_path)) as mark:
        assert mark.seen(0)
    assert not mark.file.exists()
    assert not mark.seen(0)


def test_another_store_with_a_file_of_that_name_is_not_this_one(tmp_path: Path) -> None:
    with probe(Store(tmp_path / "a")) as mark, probe(Store(tmp_path / "b")) as other:
        assert not dataclasses.replace(mark, file=other.file).seen(0)
        assert mark.content != other.content


def test_a_file_system_may_show_it_late(tmp_path: Path) -> None:
    with probe(Store(tmp_path)) as mark:
        mark.file.unlink()
        late = threading.Timer(0.2, mark.file.write_text, [mark.content])
        late.start()
        assert mark.seen(5)
        late.join()


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArenaError, match="cannot be written"), probe(Store(tmp_path / "file")):
        pass
