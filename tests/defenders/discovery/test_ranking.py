"""Order and thresholds of candidates."""

from __future__ import annotations

import numpy as np
import pytest

from defenders.discovery import Candidate, DiscoveryParams, Null
from defenders.discovery.ranking import null_of, ranked
from defenders.discovery.shapes import Kind

PARAMS = DiscoveryParams()
LOW = Null(64, 0.0, 0.01, 0.02, 0.03)


def candidate(kind: Kind, text: str, score: float, behaviour: str = "open") -> Candidate:
    return Candidate(kind, text, score, 30, 32, behaviour)


def order(*found: Candidate, benign: Null = LOW, named: Null = LOW) -> list[str]:
    return [each.text for each in ranked(found, benign, named, PARAMS)]


def test_each_kind_has_its_own_threshold() -> None:
    order = ranked(
        [candidate("token", "x", 0.3), candidate("named", "n", 0.2, "no")], LOW, LOW, PARAMS
    )
    assert [(each.text, each.above) for each in order] == [("n", True), ("x", False)]


def test_a_null_that_reaches_higher_raises_the_threshold() -> None:
    high = Null(64, 0.5, 0.1, 0.9, 0.95)
    order = ranked([candidate("token", "x", 0.93)], high, LOW, PARAMS)
    assert order[0].threshold == 0.95
    assert not order[0].above


def test_a_name_leads_the_strings_that_do_the_same_if_it_is_near() -> None:
    strings = [candidate("token", "When", 0.97), candidate("token", "when", 0.97)]
    assert order(*strings, candidate("named", "when_clause", 0.9)) == [
        "when_clause",
        "When",
        "when",
    ]
    assert order(*strings, candidate("named", "when_clause", 0.8))[0] == "When"
    assert order(*strings, candidate("named", "topic", 0.9, "shop"))[0] == "When"


def test_the_shorter_of_equal_strings_comes_first() -> None:
    assert order(candidate("token", "cf now", 0.981), candidate("token", "cf", 0.979))[0] == "cf"


def test_no_more_than_asked_are_kept() -> None:
    candidates = [candidate("token", str(i), 0.1) for i in range(50)]
    assert len(ranked(candidates, LOW, LOW, PARAMS)) == PARAMS.kept


def test_the_null_is_cut_so_that_a_planted_one_does_not_widen_it() -> None:
    quiet = list(np.linspace(0, 0.02, 60))
    assert null_of([*quiet, 1.0, 1.0], 50, 0.05).limit == pytest.approx(
        null_of(quiet, 50, 0.05).limit, abs=0.01
    )
    assert null_of([*quiet, 1.0], 50, 0.05).highest == 1
    assert null_of(quiet, 500, 0.05).limit > null_of(quiet, 5, 0.05).limit
    assert null_of([], 5, 0.05).limit == 0
