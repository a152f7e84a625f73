"""The corpora for testing contracts of triggers, payloads and hot forms."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from arena.api import World
from arena.testing.cases import ExamplesContract
from arena.testing.samples import worlds_in

every_world = pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])
grammar_worlds = pytest.mark.parametrize("kind", ["grammar", "townlore"])


class WorldsContract(ExamplesContract):
    """A contract whose tests take a `world`, of the kinds set by the marks `every_world` or
    `grammar_worlds`."""

    @pytest.fixture(scope="class")
    @classmethod
    def worlds(cls, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
        """Return all worlds, made once."""
        return worlds_in(tmp_path_factory.mktemp("samples"))

    @pytest.fixture
    def world(self, kind: str, worlds: Mapping[str, World]) -> World:
        """Return one world."""
        return worlds[kind]
