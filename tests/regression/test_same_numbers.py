"""Every number of small experiments is what it was before the code was put in order.

`numbers.json` was written by the first version (2026-11-28), the matched shams of `four_actors`
when their schedule became a repeated one. Texts must be equal everywhere; what was trained must be
equal to six digits where the same kernels compute it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arena import run, stress
from arena.scenario.schema import Scenario
from arena.search.tune import tune
from tests.support import experiments, numbers

RECORDED = json.loads((Path(__file__).parent / "numbers.json").read_text())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all: they share the clean base."""
    return tmp_path_factory.mktemp("same-numbers") / "store"


def written(folder: Path) -> dict[str, Any]:
    """results.json as plain values."""
    values: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return values


def assert_recorded(name: str, found: list[Any]) -> None:
    """Assert that the numbers of an experiment are those recorded."""
    if numbers.machine() != RECORDED["machine"]:
        pytest.skip(f"recorded on {RECORDED['machine']}, this is {numbers.machine()}")
    for new, old in zip(found, RECORDED[name]["numbers"], strict=True):
        assert new == old


def run_numbers(scenario: Scenario, out: Path, store: Path) -> list[Any]:
    run(scenario, out=out, store=store, quiet=True)
    return numbers.run_numbers(written(out))


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    ["measured", pytest.param("four_actors", marks=slow), pytest.param("league", marks=slow)],
)
def test_a_run_gives_the_numbers_of_the_first_version(
    name: str, tmp_path: Path, store: Path
) -> None:
    scenario: Scenario = getattr(experiments, name)()
    found = run_numbers(scenario, tmp_path / "run", store)
    assert_recorded(name, found)


def test_poison_and_clean_mixes_are_equal_to_the_letter(tmp_path: Path, store: Path) -> None:
    run(experiments.measured(), out=tmp_path / "run", store=store, quiet=True)
    texts, recorded = numbers.texts_of(store), RECORDED["measured"]["texts"]
    for stage, digest in recorded.items():
        assert digest in texts[stage].split()


@pytest.mark.slow
def test_cells_of_a_grid_give_the_numbers_of_the_first_version(tmp_path: Path, store: Path) -> None:
    done = stress(experiments.grid(), out=tmp_path / "run", store=store, quiet=True)
    assert done is not None
    found: list[Any] = []
    for cell in written(tmp_path / "run")["cells"]:
        found.append({"cell": cell["id"], "status": cell["status"]})
        found += numbers.run_numbers(written(tmp_path / "run" / "cells" / cell["id"]))
    assert_recorded("grid", found)


@pytest.mark.slow
def test_a_tuning_trial_gives_the_numbers_of_the_first_version(tmp_path: Path, store: Path) -> None:
    tune(experiments.tuned(), out=tmp_path / "run", store=store, quiet=True)
    assert_recorded("tuned", numbers.tune_numbers(written(tmp_path / "run")))


@pytest.mark.slow
def test_quickstart_gives_the_hits_of_the_first_version(tmp_path: Path) -> None:
    found = run_numbers(experiments.quickstart(), tmp_path / "run", tmp_path / "store")
    assert_recorded("quickstart", found)
