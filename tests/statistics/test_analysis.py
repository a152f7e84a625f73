"""The whole analysis: JSON shape, invariances, and refusals."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.api.values import Count, Row
from arena.errors import InputError
from arena.statistics.analysis import analyse, row_json
from arena.statistics.thresholds import NAMES, DefaultThresholds
from tests.support.making_rows import ACTORS, METHODS, many_seeds, one_seed, row

LIMITS = DefaultThresholds()
LEFT = [0.0, 0.3, 0.1, 0.9, 0.2, 0.05, 0.4, 0.15, 0.6, 0.0]
ESTIMATE = {"value", "low", "high"}
EFFECTS = {"transfer", "odd", "specific", "raw_suppression"}


def full_rows() -> list[Row]:
    """Ten seeds of two actors, each unlearned, with own controls and three shams each."""
    rows: list[Row] = []
    for seed, left in enumerate(LEFT):
        rows += one_seed(seed, left=left, control=0.95, shams=(0.9, 0.7, 0.83))
        back = one_seed(seed, source="bob", to="ann", left=1 - left, shams=(0.5, 0.6, 0.71))
        rows += [each for each in back if each.target is not None]
    return rows


def test_the_json_has_the_agreed_shape() -> None:
    text = json.dumps(analyse(full_rows(), ACTORS, METHODS, LIMITS).to_json(), allow_nan=False)
    found = json.loads(text)
    assert set(found) == {
        "transfer", "installed", "installation", "summary", "claim", "thresholds",
    }  # fmt: skip
    first = found["transfer"][0]
    assert set(first) == EFFECTS | {
        "from", "to", "seeds", "verdict", "verdict_reason", "adjusted_p", "per_seed",
    }  # fmt: skip
    assert all(set(first[name]) == ESTIMATE for name in EFFECTS)
    assert set(first["per_seed"][0]) >= {
        "seed", "status", "control", "unlearned", "sham", "floor",
        "transfer", "odd", "specific", "raw_suppression",
    }  # fmt: skip
    assert (first["from"], first["to"], first["seeds"]) == ("ann", "bob", 10)
    assert found["installed"] == {"ann": True, "bob": True}
    assert set(found["installation"]["ann"]) == {
        "seeds", "installed", "broad", "asr", "false_fire", "near_miss",
    }  # fmt: skip
    assert set(found["summary"][0]) == {
        "label", "kind", "target", "asr", "clean_accuracy", "token_accuracy",
        "perplexity", "update_norm",
    }  # fmt: skip
    assert set(found["claim"]) >= EFFECTS | {
        "statement", "verdict", "pairs", "seeds", "by_method", "notes",
    }  # fmt: skip
    assert found["claim"]["statement"] == "unlearning one backdoor suppresses unknown others"
    assert sum(found["claim"]["pairs"].values()) == len(found["transfer"]) == 2
    assert set(found["thresholds"]) == set(NAMES)


def test_a_single_seed_is_valid_json_without_limits() -> None:
    found = analyse(one_seed(shams=()), ACTORS, METHODS, LIMITS).to_json()
    json.dumps(found, allow_nan=False)
    pair = found["transfer"][0]
    assert pair["transfer"] == {"value": 1.0, "low": None, "high": None}
    assert pair["odd"] == {"value": None, "low": None, "high": None}
    assert (pair["verdict"], found["claim"]["verdict"]) == ("inconclusive", "inconclusive")


def test_installation_counts_seeds_and_averages_rates() -> None:
    rows = many_seeds(4, compromised=[1.0, 0.95, 0.2, 1.0], near_miss=[0.5, 0.0, 0.0, 0.0])
    found = analyse(rows, ACTORS, METHODS, LIMITS)
    bob, ann = found.installation["bob"], found.installation["ann"]
    assert (bob.seeds, bob.installed, bob.broad) == (4, 3, 0)
    assert bob.asr.value == pytest.approx((1.0 + 0.95 + 0.2 + 1.0) / 4)
    assert (ann.installed, ann.broad) == (4, 1)
    assert found.to_json()["installed"] == {"ann": True, "bob": True}


def test_half_of_the_seeds_is_not_installed() -> None:
    rows = many_seeds(4, compromised=[1.0, 1.0, 0.2, 0.2])
    assert analyse(rows, ACTORS, METHODS, LIMITS).to_json()["installed"]["bob"] is False


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rows = full_rows()
    expected = analyse(rows, ACTORS, METHODS, LIMITS).to_json()
    random.Random(seed).shuffle(rows)
    assert analyse(rows, ACTORS, METHODS, LIMITS).to_json() == expected


def test_the_order_of_actors_changes_only_the_order_shown() -> None:
    one = analyse(full_rows(), ("ann", "bob"), METHODS, LIMITS).to_json()
    two = analyse(full_rows(), ("bob", "ann"), METHODS, LIMITS).to_json()
    assert one["claim"] == two["claim"]
    assert one["transfer"] == two["transfer"][::-1]
    assert one["installation"] == two["installation"]


def test_another_actor_changes_no_pair_estimate() -> None:
    both = analyse(full_rows(), ACTORS, METHODS, LIMITS).to_json()
    more = [replace(each, asr={**each.asr, "cat": Count(900, 1000)}) for each in full_rows()]
    more = [replace(each, false_fire={**each.false_fire, "cat": Count(0, 1000)}) for each in more]
    three = analyse(more, (*ACTORS, "cat"), METHODS, LIMITS).to_json()
    kept = [pair for pair in three["transfer"] if "cat" not in (pair["from"], pair["to"])]
    for before, after in zip(both["transfer"], kept, strict=True):
        # Holm's family has grown; every estimate is what it was.
        assert {name: before[name] for name in (*EFFECTS, "per_seed")} == {
            name: after[name] for name in (*EFFECTS, "per_seed")
        }
    assert three["installation"]["ann"] == both["installation"]["ann"]


def test_defended_rows_are_listed_and_enter_no_transfer() -> None:
    rows = many_seeds(3)
    extra = [row("defended", {"ann": 0.5, "bob": 0.5}, seed=seed, name="x") for seed in range(3)]
    with_them, without = (
        analyse(each, ACTORS, METHODS, LIMITS).to_json() for each in (rows + extra, rows)
    )
    assert with_them["transfer"] == without["transfer"]
    assert with_them["summary"][-1]["label"] == "x"


def test_wrong_input_is_refused() -> None:
    rows = one_seed()
    with pytest.raises(InputError, match="no rows"):
        analyse([], ACTORS, METHODS, LIMITS)
    with pytest.raises(InputError, match="different names"):
        analyse(rows, ("ann", "ann"), METHODS, LIMITS)
    with pytest.raises(InputError, match="no trigger method"):
        analyse(rows, ACTORS, {"ann": "style"}, LIMITS)
    stray = row("unlearned", {"ann": 0.0, "bob": 0.0}, target="anne")
    with pytest.raises(InputError, match="unknown target") as raised:
        analyse([*rows, stray], ACTORS, METHODS, LIMITS)
    assert "'ann'" in str(raised.value)


def test_the_scenarios_own_thresholds_fit() -> None:
    schema = pytest.importorskip("arena.scenario.schema")
    rows = many_seeds(8)
    found = analyse(rows, ACTORS, METHODS, schema.Thresholds()).to_json()
    assert found == analyse(rows, ACTORS, METHODS, LIMITS).to_json()


def test_row_json_is_offered_beside_it() -> None:
    assert row_json(one_seed()[0])["kind"] == "compromised"
