"""An actor's rate in a row."""

from __future__ import annotations

from arena.results.rows import Rate
from arena.statistics.rates import rate


def test_a_rate_needs_a_prompt() -> None:
    assert rate({"ann": Rate()}, "ann") is None
    assert rate({}, "ann") is None
    assert rate({"ann": Rate(hits=1, n=4)}, "ann") == 0.25
