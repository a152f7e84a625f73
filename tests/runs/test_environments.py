"""What is said of seeds that were made on different machines."""

from __future__ import annotations

import pytest

from arena.results.brief import seeds_text
from arena.results.seed_record import SeedRecord
from arena.runs.environments import differences


@pytest.mark.parametrize(
    ("seeds", "text"),
    [((), ""), ((4,), "4"), ((3, 1, 2), "1-3"), ((0, 1, 5, 7, 8), "0-1, 5, 7-8")],
)
def test_seeds_as_people_write_them(seeds: tuple[int, ...], text: str) -> None:
    assert seeds_text(seeds) == text


def test_what_differs_between_machines_is_named_but_for_their_cores() -> None:
    first = SeedRecord(seed=0, environment={"torch": "2.13.0", "cores": 2, "threads": 1})
    other = SeedRecord(seed=1, environment={"torch": "2.13.0", "cores": 8, "threads": 4})
    assert differences([first, first]) == []
    (said,) = differences([first, other])
    assert said == "the seeds differ in threads: 1, 4"
