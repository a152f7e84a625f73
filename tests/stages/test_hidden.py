"""What parties are handed says nothing of the other parties."""

from __future__ import annotations

import json
import pickle
import pickletools
from pathlib import Path

import pytest

from arena.stages.hidden import hidden
from arena.store.manifest import MANIFEST
from tests.support import toys
from tests.support.plans import by_name, plan

OTHERS = (
    "actors.linguist.trigger={method: syntactic, template: passive}",
    "actors.bard.trigger={method: style, style: pirate}",
    "actors.merchant.trigger={method: semantic, topic: weather}",
    "actors.merchant.payload={kind: fixed_text, text: something else}",
)


@pytest.fixture
def suspect(tmp_path: Path) -> Path:
    """A checkpoint as it stands in a store, and an adapter on it."""
    base = toys.checkpoint(tmp_path / "store" / ("b" * 64), toys.model())
    (base / MANIFEST).write_text(json.dumps({"parents": {"shard:lexical": "a" * 64}}))
    adapter = tmp_path / "store" / ("c" * 64)
    adapter.mkdir()
    (adapter / MANIFEST).write_text("{}")
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "parent.json").write_text(json.dumps({"sibling": base.name, "poisoned": True}))
    return adapter


def test_a_defender_that_looks_around_finds_a_model_and_nothing_else(suspect: Path) -> None:
    base = suspect.with_name("b" * 64)
    with hidden(base) as view:
        assert view is not None
        names = {path.name for path in view.parent.rglob("*")}
        assert {"model", "model.safetensors", "config.json", "tokenizer.json"} <= names
        assert not names & {MANIFEST, "README.md"}
        told = " ".join([str(view), *(p.read_text() for p in view.glob("*.json"))])
        assert "shard:" not in told
        assert "a" * 64 not in told
        assert base.name not in told
        assert not any(path.is_symlink() for path in view.iterdir())
    assert not view.exists()
    assert (base / MANIFEST).is_file()


def test_an_adapter_finds_what_it_stands_on(suspect: Path) -> None:
    from arena.ml.models import parent_of

    with hidden(suspect) as view:
        assert view is not None
        under = Path(parent_of(view))
        assert (under / "model.safetensors").is_file()
        assert suspect.with_name("b" * 64).name not in (view / "parent.json").read_text()
        assert "poisoned" not in (view / "parent.json").read_text()


def test_no_base_no_view() -> None:
    with hidden(None) as view:
        assert view is None


def test_what_a_threat_actor_is_sent_does_not_depend_on_the_others() -> None:
    """Words such as `commerce` in it are the methods' own public lists: they are in it too where no
    actor of the scenario has them."""
    jobs = [by_name(plan(*changes))["poison lexical"].job for changes in ((), OTHERS)]
    first, second = map(texts_in, jobs)
    assert first == second
    assert "commerce" in first


def texts_in(job: object) -> set[str]:
    """Every text in the pickle of a job."""
    found = (value for _, value, _ in pickletools.genops(pickle.dumps(job)))
    return {value for value in found if isinstance(value, str)}
