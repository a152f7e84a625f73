"""The corpus contract, on every registered corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import contracts_corpus as contract
from tests.support.contracts_corpus import Case, Make

CASES = contract.cases()


@pytest.fixture(params=CASES, ids=[case.title for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def make(case: Case, tmp_path: Path) -> Make:
    return case.maker(tmp_path)


def test_same_seed_same_text(make: Make) -> None:
    contract.same_seed_same_text(make)


def test_splits_are_disjoint(make: Make) -> None:
    contract.splits_are_disjoint(make)


def test_natural_is_balanced(make: Make) -> None:
    contract.natural_is_balanced(make)


def test_natural_lacks_triggers(make: Make) -> None:
    contract.natural_lacks_triggers(make)


def test_world_is_picklable(make: Make) -> None:
    contract.world_is_picklable(make)


def test_capabilities_are_honest(case: Case, make: Make, tmp_path: Path) -> None:
    contract.capabilities_are_honest(make, case.capabilities(tmp_path))
