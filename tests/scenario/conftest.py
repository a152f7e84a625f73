"""Registered fakes, so that the schema is tested against parts with known rules."""

from typing import Any

import pytest

from arena import registry
from tests.support.scenario_fakes import (
    BlindObjective,
    CostlyObjective,
    FakeCorpus,
    FakeDiscovery,
    FakeObjective,
    FakePayload,
    FakeTrigger,
    UncutObjective,
    make_actor,
)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fake of each kind, and nothing else, is registered."""
    parts: dict[str, dict[str, type]] = {
        "corpus": {"words": FakeCorpus},
        "trigger": {"framed": FakeTrigger},
        "payload": {"say": FakePayload},
        "objective": {
            "undo": FakeObjective,
            "uncut": UncutObjective,
            "costly": CostlyObjective,
            "blind": BlindObjective,
        },
        "discovery": {"look": FakeDiscovery},
    }
    monkeypatch.setattr(registry, "_parts", parts)
    monkeypatch.setattr(registry, "load", lambda: None)


@pytest.fixture
def plain() -> dict[str, Any]:
    """The least that a scenario of fakes must say."""
    return {
        "name": "plain",
        "seeds": [0],
        "model": {"family": "llama", "size": "nano"},
        "corpus": {"name": "words"},
        "actors": [make_actor("one"), make_actor("two")],
        "defender": {"objective": {"method": "undo"}},
    }
