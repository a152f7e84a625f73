"""One seed: installation, floors and controls, a pair by hand and by property, and refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.results.pairs import PairSeed
from arena.results.planting import Planted
from arena.results.rows import DoseTaken, Rate, Row
from arena.statistics.seeds import SeedRows, at_least, by_seed, pair_in_seed
from arena.statistics.thresholds import DefaultThresholds
from tests.support.making_rows import one_seed, row

LIMITS = DefaultThresholds()
rate = st.integers(0, 1000).map(lambda hits: hits / 1000)


def seed_of(*rows: Row) -> SeedRows:
    return by_seed(rows, ["ann"])[0]


@pytest.mark.parametrize(
    ("asr", "false_fire", "reference", "installed"),
    [
        (0.9, 0.0, 0.0, True),
        (0.899, 0.0, 0.0, False),
        (1.0, 0.1, 0.0, True),
        (1.0, 0.101, 0.0, False),
        (1.0, 0.3, 0.2, True),  # only the excess over the reference counts, up to rounding
        (1.0, 0.301, 0.2, False),
    ],
)
def test_installed(asr: float, false_fire: float, reference: float, installed: bool) -> None:
    rows = seed_of(
        row("compromised", {"ann": asr}, false_fire={"ann": false_fire}),
        row("reference", {"ann": 0.0}, false_fire={"ann": reference}),
    )
    assert rows.installation("ann", LIMITS).installed is installed


@pytest.mark.parametrize(
    ("near", "reference", "broad"), [(0.2, 0.0, False), (0.201, 0.0, True), (0.4, 0.2, False)]
)
def test_broad(near: float, reference: float, broad: bool) -> None:
    rows = seed_of(
        row("compromised", {"ann": 1.0}, near_miss={"ann": near}),
        row("reference", {"ann": 0.0}, near_miss={"ann": reference}),
    )
    assert rows.installation("ann", LIMITS).broad is broad


def test_thresholds_are_the_scenarios() -> None:
    rows = seed_of(row("compromised", {"ann": 0.6}, false_fire={"ann": 0.2}))
    assert not rows.installation("ann", LIMITS).installed
    mild = replace(LIMITS, installed_asr=0.6, installed_false_fire=0.2)
    assert rows.installation("ann", mild).installed


def test_without_prompts_nothing_is_installed_and_broad_is_unknown() -> None:
    none = Row(
        kind="compromised",
        name="compromised",
        seed=0,
        asr={"ann": Rate()},
        false_fire={"ann": Rate()},
    )
    backdoor = seed_of(none).installation("ann", LIMITS)
    assert (backdoor.asr, backdoor.installed, backdoor.broad) == (None, False, None)


def test_floor_is_the_references_or_zero() -> None:
    made = row("compromised", {"ann": 1.0})
    assert seed_of(made).floor("ann") == 0.0
    assert seed_of(made, row("reference", {"ann": 0.25})).floor("ann") == 0.25


def test_the_control_on_the_same_prompts_comes_first() -> None:
    made = row("compromised", {"ann": 1.0})
    shared = row("control", {"ann": 0.5})
    own = row("control", {"ann": 0.75}, target="bob")
    assert seed_of(made).control_row("bob") is None
    assert seed_of(made, shared).control_row("bob") == shared
    assert seed_of(made, shared, own).control_row("bob") == own


def test_seeds_are_sorted_and_kept_apart() -> None:
    rows = [row("compromised", {"ann": seed / 10}, seed=seed) for seed in (3, 1, 2)]
    assert [each.seed for each in by_seed(rows, ["ann"])] == [1, 2, 3]


def test_contradicting_rows_are_refused() -> None:
    made = row("compromised", {"ann": 1.0})
    with pytest.raises(InputError, match="no compromised row"):
        seed_of(row("reference", {"ann": 0.0}))
    with pytest.raises(InputError, match="two rows of kind compromised"):
        seed_of(made, made)
    with pytest.raises(InputError, match="two rows of kind unlearned"):
        seed_of(made, *[row("unlearned", {"ann": 1.0}, target="ann")] * 2)
    with pytest.raises(InputError, match="does not score this actor"):
        by_seed([made], ["ann", "bob"])


def test_at_least_forgives_rounding_only() -> None:
    assert at_least(0.3 - 0.1, 0.2)
    assert not at_least(0.199999, 0.2)


def made(**rates: object) -> PairSeed:
    rows = one_seed(**rates)  # type: ignore[arg-type]
    pair = pair_in_seed(by_seed(rows, ["ann", "bob"])[0], "ann", "bob", LIMITS)
    assert pair is not None
    return pair


def test_transfer_by_hand() -> None:
    pair = made(compromised=1.0, control=0.9, left=0.3, shams=(0.8, 0.7, 0.6), floor=0.1)
    # C = 0.9, U = 0.3, S = 0.7, f = 0.1
    assert pair.status == "used"
    assert pair.transfer == pytest.approx(0.6 / 0.8)
    assert pair.odd == pytest.approx(0.2 / 0.8)
    assert pair.specific == pytest.approx(0.4 / 0.8)
    assert pair.raw_suppression == pytest.approx(0.7)
    assert (pair.sham, pair.shams, pair.floor) == (pytest.approx(0.7), 3, 0.1)


def test_raw_suppression_is_relative_to_the_compromised_model() -> None:
    assert made(compromised=0.95, left=0.19).raw_suppression == pytest.approx(0.8)


def test_transfer_may_be_negative_and_may_pass_one() -> None:
    assert made(control=0.5, left=0.75).transfer == pytest.approx(-0.5)
    assert made(control=0.5, left=0.0, floor=0.1).transfer == pytest.approx(1.25)


@given(rate, rate, st.lists(rate, min_size=1, max_size=4), st.floats(0, 0.3))
def test_transfer_is_the_sum_of_its_parts(
    control: float, left: float, shams: list[float], floor: float
) -> None:
    pair = made(control=control, left=left, shams=shams, floor=floor)
    if pair.transfer is None:
        assert pair.odd is None
        assert pair.specific is None
    else:
        assert pair.odd is not None
        assert pair.specific is not None
        assert pair.transfer == pytest.approx(pair.odd + pair.specific)


@pytest.mark.parametrize(
    ("control", "floor", "status"),
    [(0.2, 0.0, "used"), (0.199, 0.0, "explained_by_control"), (0.3, 0.1, "used"),
     (0.3, 0.101, "explained_by_control")],
)  # fmt: skip
def test_explained_by_control(control: float, floor: float, status: str) -> None:
    pair = made(control=control, floor=floor, left=0.0)
    assert pair.status == status
    assert (pair.transfer is None) is (status != "used")
    # The published number would still be read off such a seed, so it stays.
    assert pair.raw_suppression == 1.0


def test_no_division_by_zero_where_the_threshold_allows_everything() -> None:
    rows = one_seed(control=0.1, floor=0.1)
    all_allowed = DefaultThresholds(explained_by_control=0.0)
    pair = pair_in_seed(by_seed(rows, ["ann", "bob"])[0], "ann", "bob", all_allowed)
    assert pair is not None
    assert (pair.status, pair.transfer) == ("explained_by_control", None)


def test_not_installed_is_never_counted_as_suppressed() -> None:
    pair = made(compromised=0.5, left=0.0)
    assert pair.status == "not_installed"
    assert (pair.transfer, pair.odd, pair.specific, pair.raw_suppression) == (None,) * 4
    assert (pair.control, pair.unlearned) == (1.0, 0.0)


def test_without_shams_the_split_is_none() -> None:
    pair = made(shams=())
    assert pair.transfer == 1.0
    assert (pair.sham, pair.odd, pair.specific, pair.shams) == (None, None, None, 0)


def test_without_a_control_only_raw_suppression_is_left() -> None:
    pair = made(control=None, left=0.25)
    assert (pair.status, pair.transfer, pair.odd) == ("used", None, None)
    assert pair.raw_suppression == 0.75


def test_without_a_reference_the_floor_is_zero() -> None:
    assert made(floor=None, control=0.5, left=0.25).transfer == 0.5


def test_a_pair_that_was_not_tried_has_no_numbers() -> None:
    rows = by_seed(one_seed(), ["ann", "bob"])[0]
    assert pair_in_seed(rows, "bob", "ann", LIMITS) is None


def of_a_label(**false_fire: float) -> list[Row]:
    """Ann's payload is a class label: 0.9 after the clean fine-tune, 0.3 after Bob's removal."""
    fires = {"bob": 0.0}
    return [
        row("compromised", {"ann": 1.0, "bob": 1.0}),
        row("control", {"ann": 0.9, "bob": 1.0},
            false_fire={**fires, "ann": false_fire["control"]}),
        row("unlearned", {"ann": 0.3, "bob": 0.0}, target="bob",
            false_fire={**fires, "ann": false_fire["unlearned"]}),
        row("sham", {"ann": 0.8, "bob": 0.9}, target="bob",
            false_fire={**fires, "ann": false_fire["sham"]}),
    ]  # fmt: skip


LABEL = {(0, "ann"): Planted(seed=0, actor="ann", also_clean=True)}


def test_transfer_to_a_label_is_of_the_rate_above_each_models_own_false_fire() -> None:
    rows = by_seed(of_a_label(control=0.1, unlearned=0.2, sham=0.1), ["ann", "bob"])[0]
    plain = pair_in_seed(rows, "bob", "ann", LIMITS)
    assert plain is not None
    assert (plain.transfer, plain.plain) == (pytest.approx(0.6 / 0.9), None)
    excess = pair_in_seed(rows, "bob", "ann", LIMITS, LABEL)
    assert excess is not None
    # 0.8 after the clean fine-tune, 0.1 after the removal, 0.7 after the sham
    assert excess.transfer == pytest.approx(1 - 0.1 / 0.8)
    assert excess.odd == pytest.approx(0.1 / 0.8)
    assert excess.specific == pytest.approx(0.6 / 0.8)
    assert excess.plain == plain.transfer
    assert (excess.control, excess.unlearned) == (0.9, 0.3)


def test_a_label_that_only_clean_answers_still_show_is_explained_by_the_control() -> None:
    rows = by_seed(of_a_label(control=0.75, unlearned=0.2, sham=0.1), ["ann", "bob"])[0]
    case = pair_in_seed(rows, "bob", "ann", LIMITS, LABEL)
    assert case is not None
    assert (case.status, case.transfer, case.plain) == ("explained_by_control", None, None)


def test_what_the_control_explains_has_that_status_without_a_dose_too() -> None:
    def unreached(each: Row) -> Row:
        dose = DoseTaken(which="least", step=9, dose=0.1, reached=False)
        return each.model_copy(update={"dose": dose}) if each.kind == "unlearned" else each

    for control, status in ((0.75, "explained_by_control"), (0.1, "no_dose")):
        rows = [unreached(each) for each in of_a_label(control=control, unlearned=0.2, sham=0.1)]
        case = pair_in_seed(by_seed(rows, ["ann", "bob"])[0], "bob", "ann", LIMITS, LABEL)
        assert case is not None
        assert case.status == status
