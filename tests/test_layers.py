"""Who imports whom: no circle, and no room imports one that stands above it (pyproject.toml)."""

from __future__ import annotations

import contextlib
import graphlib
import io
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGES = ("arena", "attackers", "defenders")


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Every import between modules; those for types only are left out."""
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def test_no_module_imports_itself_by_way_of_others(imports: grimp.ImportGraph) -> None:
    below = {m: imports.find_modules_directly_imported_by(m) for m in imports.modules}
    order = list(graphlib.TopologicalSorter(below).static_order())  # CycleError names a circle
    assert len(order) == len(imports.modules) > 300


def test_no_room_imports_one_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    report = io.StringIO()
    with contextlib.redirect_stdout(report):
        status = lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)
    assert status == 0, report.getvalue()


def test_a_circle_would_be_found() -> None:
    with pytest.raises(graphlib.CycleError):
        list(graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())
