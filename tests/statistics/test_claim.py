"""The whole claim: averages within seeds first, groups by method, and its notes."""

from __future__ import annotations

import pytest

from arena.api.values import Row
from arena.statistics.analysis import analyse
from arena.statistics.claim import Claim, seeds_needed
from arena.statistics.thresholds import DefaultThresholds
from tests.support.making_rows import row

LIMITS = DefaultThresholds()
ACTORS = ("ann", "bob", "cat")
METHODS = {"ann": "rare_token", "bob": "style", "cat": "style"}


def rows(lefts: list[dict[str, float]], shams: int = 3, reference: bool = True) -> list[Row]:
    """Ann's trigger is unlearned in every seed; `lefts` says what that leaves of the others."""
    made: list[Row] = []
    for seed, left in enumerate(lefts):
        full = dict.fromkeys(ACTORS, 1.0)
        made += [
            row("compromised", full, seed=seed),
            row("control", full, seed=seed),
            row("unlearned", {"ann": 0.0, **left}, target="ann", seed=seed),
        ]
        made += [
            row("sham", full, target="ann", seed=seed, name=f"sham:ann:{number}")
            for number in range(shams)
        ]
        if reference:
            made.append(row("reference", dict.fromkeys(ACTORS, 0.0), seed=seed))
    return made


def claim(lefts: list[dict[str, float]], **options: object) -> Claim:
    return analyse(rows(lefts, **options), ACTORS, METHODS, LIMITS).claim  # type: ignore[arg-type]


def test_pairs_are_averaged_within_a_seed_and_seeds_are_the_unit() -> None:
    found = claim([{"bob": 0.0, "cat": 0.4}, {"bob": 0.5, "cat": 0.5}, {"bob": 1.0, "cat": 0.0}])
    # Seed means of T: 0.8, 0.5, 0.5; t(2, 0.975) = 4.302653, se = 0.1
    expected = (0.6, 0.6 - 0.4302653, 0.6 + 0.4302653)
    estimate = found.evidence.transfer
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected)
    assert found.evidence.used == 3


def test_a_pair_missing_from_one_seed_does_not_weigh_that_seed_down() -> None:
    made = rows([{"bob": 0.0, "cat": 1.0}, {"bob": 0.0, "cat": 1.0}])
    # Cat is not installed in seed 1: only the pair with Bob is left there.
    made = [
        row("compromised", {"ann": 1.0, "bob": 1.0, "cat": 0.2}, seed=1)
        if each.kind == "compromised" and each.seed == 1
        else each
        for each in made
    ]
    found = analyse(made, ACTORS, METHODS, LIMITS).claim
    assert found.evidence.transfer.value == pytest.approx((0.5 + 1.0) / 2)


def test_whole_claim_generalizes() -> None:
    found = claim([{"bob": 0.1, "cat": 0.05 + seed / 100} for seed in range(8)])
    assert found.verdict == "generalizes_specific"
    assert found.pairs == {"generalizes_specific": 2}


def test_whole_claim_fails() -> None:
    found = claim([{"bob": 1.0, "cat": 0.99}] * 20)
    assert found.verdict == "fails"
    assert found.pairs == {"fails": 2}


def test_mixed_pairs_leave_the_claim_open() -> None:
    found = claim([{"bob": 0.0, "cat": 1.0}] * 25)
    assert found.pairs == {"generalizes_specific": 1, "fails": 1}
    assert found.verdict == "inconclusive"
    assert found.evidence.transfer.value == 0.5


def test_groups_by_the_suppressed_method_and_by_both() -> None:
    found = claim([{"bob": 0.0, "cat": 1.0}, {"bob": 0.2, "cat": 0.8}]).to_json()
    assert set(found["by_method"]) == {"style"}
    assert found["by_method"]["style"]["pairs"] == 2
    assert found["by_method"]["style"]["transfer"]["value"] == pytest.approx(0.5)
    assert set(found["by_method_pair"]) == {"rare_token > style"}
    assert found["by_method_pair"]["rare_token > style"]["seeds"] == 2


def test_notes_say_what_is_missing() -> None:
    notes = " ".join(claim([{"bob": 0.0, "cat": 0.0}], shams=1, reference=False).notes)
    assert "no reference" in notes
    assert "fewer than 3 shams" in notes
    assert "8 for generalizes, 17 for fails (the whole claim)" in notes
    full = " ".join(claim([{"bob": 0.0, "cat": 0.0}]).notes)
    assert "no reference" not in full
    assert "shams" not in full


def test_nothing_unlearned_is_a_note_not_an_error() -> None:
    made = [row("compromised", dict.fromkeys(ACTORS, 1.0))]
    found = analyse(made, ACTORS, METHODS, LIMITS).claim
    assert (found.verdict, found.pairs) == ("inconclusive", {})
    assert any("no transfer" in note for note in found.notes)


def test_seeds_needed_grow_with_the_pairs_and_the_demand() -> None:
    assert seeds_needed(LIMITS, 1) == (8, 17)
    assert seeds_needed(LIMITS, 12) == (8, 25)
    assert seeds_needed(DefaultThresholds(fails=0.0), 1)[1] is None
    generalizes, _ = seeds_needed(DefaultThresholds(generalizes=0.8), 1)
    assert generalizes is not None
    assert generalizes > 8
