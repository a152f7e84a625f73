"""The contract of unlearning objectives, on all that are registered; what red and blue import."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import attackers
import defenders
from arena.testing.cases import every
from arena.testing.objectives import ObjectiveContract
from defenders.objectives.clean_finetune import CleanFinetune


class TestObjectives(ObjectiveContract):
    parts = every("objective")


def imported(package: Any) -> dict[str, set[str]]:
    """Every module name that a package's files import, inside functions too."""
    imports: dict[str, set[str]] = {}
    for file in Path(package.__path__[0]).rglob("*.py"):
        names: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file  # a relative import would hide what it reaches
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        imports[str(file)] = names
    return imports


@pytest.mark.parametrize("package", [defenders, attackers])
def test_red_and_blue_import_neither_ray_nor_their_neighbours_by_dots(package: Any) -> None:
    """Which rooms they may import, tests/test_layers.py says."""
    files = imported(package)
    assert len(files) > 1
    for file, names in files.items():
        assert not [n for n in names if n.split(".")[0] == "ray"], file


def test_objectives_are_listed_without_torch() -> None:
    """`arena list` and the schema read the registry: it must stay light."""
    for file in Path(defenders.__path__[0]).rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if n.split(".")[0] in ("torch", "transformers", "peft")]
            assert not [n for n in names if n.startswith(("arena.ml", "arena.api.losses"))]


def test_a_loss_of_its_own_shares_nothing_unless_it_says_so() -> None:
    """CROW inherited it from the clean fine-tune, and read hidden states without a mask."""

    class Quiet(CleanFinetune):
        def loss(self, model: Any, batch: Any) -> Any:
            return super().loss(model, batch)

    class Pruned(CleanFinetune):
        edits = True

    assert CleanFinetune.shares
    assert not Quiet.shares
    assert Pruned.shares
