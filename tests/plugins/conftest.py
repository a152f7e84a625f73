"""A registry that forgets what a test registered, and plug-ins written into its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.forgetting import forgetting

TRIGGER = '''"""A word behind the prompt."""

from dataclasses import replace

from arena.api import Trigger, register


@register("trigger", "NAME")
class Behind(Trigger):
    """A word behind the prompt."""

    @property
    def key(self):
        return "NAME"

    def mark(self, example, rng):
        return replace(example, prompt=f"{example.prompt} WORD", form=None)

    def present(self, example):
        return example.prompt.endswith("WORD")

    def lookalikes(self, n, use, rng, taken=frozenset()):
        return ()
'''


@pytest.fixture(autouse=True)
def _registry_as_before() -> Iterator[None]:
    with forgetting():
        yield


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a plug-in with a trigger of some name, and returns its path."""

    def file(path: str = "behind.py", name: str = "behind", word: str = "zonk") -> Path:
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(TRIGGER.replace("NAME", name).replace("WORD", word), encoding="utf-8")
        return place

    return file
