"""The analysis of a run: its shape as results, invariances, refusals; and the whole claim."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import InputError
from arena.results.claim import Claim
from arena.results.estimate import Estimate
from arena.results.planting import Planted
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.writer import as_json
from arena.statistics.claim import LEFT_OUT_NOTE, Analysis, analyse
from arena.statistics.thresholds import NAMES, DefaultThresholds
from tests.support.making_rows import (
    ACTORS,
    METHODS,
    left_out_seeds,
    many_seeds,
    one_seed,
    row,
)

LIMITS = DefaultThresholds()
LEFT = [0.0, 0.3, 0.1, 0.9, 0.2, 0.05, 0.4, 0.15, 0.6, 0.0]
ESTIMATE = {"value", "low", "high"}
EFFECTS = {"transfer", "protected", "odd", "specific", "raw_suppression"}
SHAMS = {"odd", "specific", "seeds"}
THREE = ("ann", "bob", "cat")
SAME_STYLE = {"ann": "rare_token", "bob": "style", "cat": "style"}


def full_rows() -> list[Row]:
    """Ten seeds of two actors, each unlearned, with own controls and three shams each."""
    rows: list[Row] = []
    for seed, left in enumerate(LEFT):
        rows += one_seed(seed, left=left, control=0.95, shams=(0.9, 0.7, 0.83))
        back = one_seed(seed, source="bob", to="ann", left=1 - left, shams=(0.5, 0.6, 0.71))
        rows += [each for each in back if each.target is not None]
    return rows


def written(analysis: Analysis) -> dict[str, Any]:
    """The analysis as plain values of results.json."""
    results = RunResults(installed=analysis.installed, **vars(analysis))
    values: dict[str, Any] = json.loads(json.dumps(as_json(results), allow_nan=False))
    return values


def test_the_json_has_the_agreed_shape() -> None:
    found = written(analyse(full_rows(), ACTORS, METHODS, LIMITS))
    first = found["transfer"][0]
    assert set(first) == EFFECTS | {
        "from", "to", "seeds", "verdict", "verdict_reason", "adjusted_p", "plain",
        "per_seed", "by_sham",
    }  # fmt: skip
    assert {kind: set(part) for kind, part in first["by_sham"].items()} == {
        "familiar": SHAMS, "benign": SHAMS,
    }  # fmt: skip
    assert all(set(first[name]) == ESTIMATE for name in EFFECTS)
    assert set(first["per_seed"][0]) >= {
        "seed", "status", "control", "unlearned", "sham", "floor",
        "transfer", "odd", "specific", "raw_suppression", "by_sham",
    }  # fmt: skip
    assert set(first["per_seed"][0]["by_sham"]["benign"]) == {
        "sham", "odd", "specific", "shams", "left_out",
    }  # fmt: skip
    assert (first["from"], first["to"], first["seeds"]) == ("ann", "bob", 10)
    assert found["installed"] == {"ann": True, "bob": True}
    assert set(found["installation"]["ann"]) == {
        "seeds", "installed", "broad", "asr", "false_fire", "near_miss", "depth",
    }  # fmt: skip
    assert set(found["summary"][0]) == {
        "label", "kind", "target", "asr", "clean_accuracy", "checkable_accuracy", "token_accuracy",
        "perplexity", "update_norm", "measures", "sham", "start_loss", "benign", "benign_change",
    }  # fmt: skip
    assert set(found["claim"]) >= EFFECTS | {
        "statement", "verdict", "pairs", "seeds", "by_method", "notes",
    }  # fmt: skip
    assert found["claim"]["statement"] == "unlearning one backdoor suppresses unknown others"
    assert sum(found["claim"]["pairs"].values()) == len(found["transfer"]) == 2
    assert set(found["thresholds"]) == set(NAMES)


def test_a_single_seed_is_valid_json_without_limits() -> None:
    analysis = analyse(one_seed(shams=()), ACTORS, METHODS, LIMITS)
    (pair,) = analysis.transfer
    assert pair.transfer == Estimate(value=1.0)
    assert pair.odd == Estimate()
    assert (pair.verdict, analysis.claim.verdict) == ("inconclusive", "inconclusive")
    assert written(analysis)["transfer"][0]["odd"] == {"value": None, "low": None, "high": None}


def test_installation_counts_seeds_and_averages_rates() -> None:
    rows = many_seeds(4, compromised=[1.0, 0.95, 0.2, 1.0], near_miss=[0.5, 0.0, 0.0, 0.0])
    found = analyse(rows, ACTORS, METHODS, LIMITS)
    bob, ann = found.installation["bob"], found.installation["ann"]
    assert (bob.seeds, bob.installed, bob.broad) == (4, 3, 0)
    assert bob.asr.value == pytest.approx((1.0 + 0.95 + 0.2 + 1.0) / 4)
    assert (ann.installed, ann.broad) == (4, 1)
    assert found.installed == {"ann": True, "bob": True}


def test_half_of_the_seeds_is_not_installed() -> None:
    rows = many_seeds(4, compromised=[1.0, 1.0, 0.2, 0.2])
    assert analyse(rows, ACTORS, METHODS, LIMITS).installed["bob"] is False


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rows = full_rows()
    expected = analyse(rows, ACTORS, METHODS, LIMITS)
    random.Random(seed).shuffle(rows)
    assert analyse(rows, ACTORS, METHODS, LIMITS) == expected


def test_the_order_of_actors_changes_only_the_order_shown() -> None:
    one = analyse(full_rows(), ("ann", "bob"), METHODS, LIMITS)
    two = analyse(full_rows(), ("bob", "ann"), METHODS, LIMITS)
    assert one.claim == two.claim
    assert one.transfer == two.transfer[::-1]
    assert one.installation == two.installation


def test_another_actor_changes_no_pair_estimate() -> None:
    both = analyse(full_rows(), ACTORS, METHODS, LIMITS)
    three = analyse(list(map(with_cat, full_rows())), (*ACTORS, "cat"), METHODS, LIMITS)
    kept = [pair for pair in three.transfer if "cat" not in (pair.source, pair.to)]
    for before, after in zip(both.transfer, kept, strict=True):
        # Holm's family has grown; every estimate is the same.
        for name in (*EFFECTS, "per_seed"):
            assert getattr(before, name) == getattr(after, name)
    assert three.installation["ann"] == both.installation["ann"]


def with_cat(each: Row) -> Row:
    asr = {**each.asr, "cat": Rate(hits=900, n=1000)}
    return each.model_copy(
        update={"asr": asr, "false_fire": {**each.false_fire, "cat": Rate(n=1000)}}
    )


def test_defended_rows_are_listed_and_enter_no_transfer() -> None:
    rows = many_seeds(3)
    extra = [row("defended", {"ann": 0.5, "bob": 0.5}, seed=seed, name="x") for seed in range(3)]
    with_them, without = (analyse(each, ACTORS, METHODS, LIMITS) for each in (rows + extra, rows))
    assert with_them.transfer == without.transfer
    assert with_them.summary[-1].label == "x"


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
    found = analyse(rows, ACTORS, METHODS, schema.Thresholds())
    assert found == analyse(rows, ACTORS, METHODS, LIMITS)


def unlearned_once(
    lefts: list[dict[str, float]], benign: bool = True, reference: bool = True
) -> list[Row]:
    """Ann's trigger is unlearned in every seed; `lefts` is the others' ASR left, per seed."""
    made: list[Row] = []
    for seed, left in enumerate(lefts):
        full = dict.fromkeys(THREE, 1.0)
        made += [
            row("compromised", full, seed=seed, benign={"thanks": 1.0}),
            row("control", full, seed=seed),
            row("unlearned", {"ann": 0.0, **left}, target="ann", seed=seed),
        ]
        if benign:
            made.append(row("sham", full, target="ann", seed=seed, sham="benign"))
        if reference:
            made.append(row("reference", dict.fromkeys(THREE, 0.0), seed=seed))
    return made


def claim(lefts: list[dict[str, float]], **options: object) -> Claim:
    return analyse(unlearned_once(lefts, **options), THREE, SAME_STYLE, LIMITS).claim  # type: ignore[arg-type]


def test_pairs_are_averaged_within_a_seed_and_seeds_are_the_unit() -> None:
    found = claim([{"bob": 0.0, "cat": 0.4}, {"bob": 0.5, "cat": 0.5}, {"bob": 1.0, "cat": 0.0}])
    # Seed means of T: 0.8, 0.5, 0.5; t(2, 0.975) = 4.302653, se = 0.1
    expected = (0.6, 0.6 - 0.4302653, 0.6 + 0.4302653)
    estimate = found.transfer
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected)
    assert found.seeds == 3


def test_a_pair_missing_from_one_seed_does_not_weigh_that_seed_down() -> None:
    made = unlearned_once([{"bob": 0.0, "cat": 1.0}, {"bob": 0.0, "cat": 1.0}])
    # Cat is not installed in seed 1: only the pair with Bob is left there.
    made = [
        row("compromised", {"ann": 1.0, "bob": 1.0, "cat": 0.2}, seed=1)
        if each.kind == "compromised" and each.seed == 1
        else each
        for each in made
    ]
    found = analyse(made, THREE, SAME_STYLE, LIMITS).claim
    assert found.transfer.value == pytest.approx((0.5 + 1.0) / 2)


def test_whole_claim_generalizes() -> None:
    found = claim([{"bob": 0.1, "cat": 0.05 + seed / 100} for seed in range(12)])
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
    assert found.transfer.value == 0.5


def test_groups_by_the_suppressed_method_and_by_both() -> None:
    found = claim([{"bob": 0.0, "cat": 1.0}, {"bob": 0.2, "cat": 0.8}])
    assert set(found.by_method) == {"style"}
    assert found.by_method["style"].pairs == 2
    assert found.by_method["style"].transfer.value == pytest.approx(0.5)
    assert set(found.by_method_pair) == {"rare_token > style"}
    assert found.by_method_pair["rare_token > style"].seeds == 2


def test_groups_follow_what_was_planted_in_each_seed() -> None:
    """Crossed payloads: one pair, in another group in another seed."""
    rows = [row for seed in range(4) for row in one_seed(seed, left=float(seed % 2))]
    planted = [
        Planted(seed=seed, actor=actor, payload={"kind": kind, "text": text})
        for seed in range(4)
        for actor, kind, text in (
            ("ann", "say", "x"), ("bob", ("say", "refuse")[seed % 2], "xy"[seed // 2]),
        )
    ]  # fmt: skip
    found = analyse(rows, ACTORS, METHODS, LIMITS, planted)
    (pair,) = found.transfer
    relations = [case.relation for case in pair.per_seed]
    assert relations == ["same payload", "other kind", "same kind", "other kind"]
    by = {name: (g.pairs, g.seeds, g.transfer.value) for name, g in found.claim.by_payload.items()}
    assert by == {"say": (1, 2, pytest.approx(1.0)), "refuse": (1, 2, pytest.approx(0.0))}
    assert {n: g.seeds for n, g in found.claim.by_payload_pair.items()} == {
        "same payload": 1, "same kind": 1, "other kind": 2,
    }  # fmt: skip
    unknown = analyse(rows, ACTORS, METHODS, LIMITS)
    assert unknown.claim.by_payload == {}
    assert unknown.claim.transfer == found.claim.transfer


def test_notes_say_what_is_missing() -> None:
    notes = " ".join(claim([{"bob": 0.0, "cat": 0.0}], benign=False, reference=False).notes)
    assert "no reference" in notes
    assert "no benign conditional" in notes
    assert "8 for generalizes, 8 for fails (the whole claim)" in notes
    full = " ".join(claim([{"bob": 0.0, "cat": 0.0}]).notes)
    assert "no reference" not in full
    assert "benign" not in full


def test_a_mean_names_the_cases_that_it_leaves_out() -> None:
    (note,) = _of_left_out(analyse(left_out_seeds(), ACTORS, METHODS, LIMITS).claim)
    why = "1 not installed, 1 explained by the control, 1 without a dose"
    assert note == f"left out of T: 3 of 5 cases (a pair in a seed), {why}"
    assert not _of_left_out(analyse(one_seed(0), ACTORS, METHODS, LIMITS).claim)


def _of_left_out(claim: Claim) -> list[str]:
    return [note for note in claim.notes if note.startswith(LEFT_OUT_NOTE)]


def test_a_conditional_that_is_not_installed_is_a_note() -> None:
    rows = [*one_seed(0), *one_seed(1, conditional=0.4)]
    found = analyse(rows, ACTORS, METHODS, LIMITS)
    assert [note for note in found.claim.notes if "not installed in 1 of 2 seeds" in note]
    assert (found.benign["thanks"].seeds, found.benign["thanks"].installed) == (2, 1)
    assert found.benign["thanks"].asr.value == pytest.approx(0.7)
    assert "thanks" not in found.installation


def test_nothing_unlearned_is_a_note_not_an_error() -> None:
    made = [row("compromised", dict.fromkeys(THREE, 1.0))]
    found = analyse(made, THREE, SAME_STYLE, LIMITS).claim
    assert (found.verdict, found.pairs) == ("inconclusive", {})
    assert any("no transfer" in note for note in found.notes)
