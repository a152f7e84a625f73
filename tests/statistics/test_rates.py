"""An actor's rate in a row, and what is finite."""

from __future__ import annotations

import math

from arena.results.rows import Rate
from arena.statistics.rates import finite, rate


def test_a_rate_needs_a_prompt() -> None:
    assert rate({"ann": Rate()}, "ann") is None
    assert rate({}, "ann") is None
    assert rate({"ann": Rate(hits=1, n=4)}, "ann") == 0.25


def test_nan_and_infinity_become_none() -> None:
    assert [finite(number) for number in (math.inf, -math.inf, math.nan, None)] == [None] * 4
    assert finite(0.5) == 0.5
