"""The corpora that contracts of triggers, payloads and hot forms are tried in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from arena.api import World
from arena.testing.cases import ExamplesContract
from arena.testing.samples import worlds_in

every_world = pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])
grammar_worlds = pytest.mark.parametrize("kind", ["grammar", "townlore"])


class WorldsContract(ExamplesContract):
    """A contract whose tests ask for a `world`, of the kinds that `every_world` or `grammar_worlds`
    marks them with."""

    @pytest.fixture(scope="class")
    def worlds(self, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
        """All of them, made once."""
        return worlds_in(tmp_path_factory.mktemp("samples"))

    @pytest.fixture
    def world(self, kind: str, worlds: Mapping[str, World]) -> World:
        """One of them."""
        return worlds[kind]
