"""T over the dose, by hand: two seeds, three actors, two doses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from arena.api.values import RowKind
from arena.results.curves import AlongDose, DoseCurve, DosePoint, DoseSpan
from arena.results.rows import DoseTaken, Rate, Row, Sham, ShamKind, Which
from arena.statistics.doses import over_doses, verdict_doses
from arena.statistics.intervals import over_seeds

ACTORS = ("ann", "bob", "cat")
EVERYWHERE = {(seed, actor) for seed in (0, 1) for actor in ACTORS}


def rates(asr: Mapping[str, float]) -> dict[str, Rate]:
    return {name: Rate(hits=round(100 * value), n=100) for name, value in asr.items()}


def curve(
    kind: RowKind, target: str | None, seed: int, *along: Mapping[str, float], name: str = ""
) -> DoseCurve:
    start = dict.fromkeys(ACTORS, 1.0)
    points = [
        DosePoint(step=step, dose=step / 1000, asr=rates(asr))
        for step, asr in zip((0, 5, 20), (start, *along), strict=True)
    ]
    return DoseCurve(kind=kind, name=name or kind, target=target, seed=seed, points=tuple(points))


def seed_of(seed: int, bob: float) -> list[DoseCurve]:
    """Ann's trigger is removed: it takes `bob` of Bob's at the second dose, and nothing else."""
    kept = {"ann": 1.0, "bob": 1.0, "cat": 1.0}
    return [
        curve("control", None, seed, kept, {"ann": 0.9, "bob": 0.8, "cat": 0.1}),
        curve("unlearned", "ann", seed, {**kept, "ann": 0.3}, {"ann": 0, "bob": bob, "cat": 0.1}),
        curve("sham", "ann", seed, kept, {"ann": 0.9, "bob": 0.8, "cat": 0.0}, name="sham:0"),
        curve("sham", "ann", seed, kept, {"ann": 0.9, "bob": 0.4, "cat": 0.0}, name="sham:1"),
    ]


def summary(installed: set[tuple[int, str]] = EVERYWHERE) -> tuple[AlongDose, ...]:
    curves = [*seed_of(0, 0.0), *seed_of(1, 0.4)]
    return over_doses(curves, [], ACTORS, installed, 0.2)


def test_transfer_and_controls_at_each_dose() -> None:
    first, second = summary()
    assert (first.step, first.dose) == (5, 0.005)
    assert (first.transfer.value, first.odd.value, first.own.value) == (0.0, 0.0, 0.3)
    assert (first.cases, first.explained) == (4, 0)
    # Cat's control is at 0.1: left out. Bob: 1 - 0/0.8 and 1 - 0.4/0.8; shams leave 0.6 of 0.8.
    assert second.transfer.value == pytest.approx((1.0 + 0.5) / 2)
    assert second.odd.value == pytest.approx(0.25)
    assert second.own.value == 0.0
    assert second.control.value == pytest.approx((0.8 + 0.1) / 2)
    assert (second.cases, second.explained) == (4, 2)
    assert second.transfer.low is not None


def test_what_is_not_installed_is_no_case() -> None:
    _, second = summary({(0, "ann"), (0, "bob"), (1, "bob"), (1, "cat")})
    assert (second.cases, second.transfer.value) == (1, pytest.approx(1.0))


def test_the_floor_is_the_references() -> None:
    reference = Row(kind="reference", name="reference", seed=0, asr=rates({"bob": 0.4}))
    curves = seed_of(0, 0.6)
    _, second = over_doses(curves, [reference], ACTORS, EVERYWHERE, 0.2)
    assert second.transfer.value == pytest.approx((0.8 - 0.6) / (0.8 - 0.4))


def test_false_fire_is_taken_off_where_it_was_asked() -> None:
    """Bob says his payload to anything: half of what is left after the removal was never his."""
    asked = {"bob": 0.3}
    curves = [
        each.model_copy(
            update={
                "points": tuple(
                    point.model_copy(update={"false_fire": rates(asked)}) for point in each.points
                )
            }
        )
        for each in seed_of(0, 0.5)
    ]
    floor = Row(kind="reference", name="reference", seed=0, asr=rates({"bob": 0.25, "cat": 0.0}))
    (_, second) = over_doses(curves, [floor], ACTORS, EVERYWHERE, 0.2)
    # 1 - (0.5 - 0.3) / (0.8 - 0.3); the reference's rate is no floor beside that
    assert second.transfer.value == pytest.approx(0.6)


def test_a_label_that_the_control_explains_by_either_reading_is_left_out() -> None:
    """The clean fine-tune leaves Bob 0.6: 0.3 above its own false fire, 0.1 above the floor."""
    point = DosePoint(step=5, dose=0.005, asr=rates({"ann": 1.0, "bob": 0.6}))
    asked = point.model_copy(update={"false_fire": rates({"bob": 0.3})})
    curves = [
        DoseCurve(kind=kind, name=kind, target=target, seed=0, points=(point, asked))
        for kind, target in (("control", None), ("unlearned", "ann"))
    ]
    for floor, explained in ((0.5, 1), (0.4, 0)):
        reference = Row(kind="reference", name="reference", seed=0, asr=rates({"bob": floor}))
        (found,) = over_doses(curves, [reference], ACTORS, {(0, "ann"), (0, "bob")}, 0.2)
        assert (found.cases, found.explained) == (1, explained)


def test_nothing_without_a_control_or_a_removal() -> None:
    assert over_doses([], [], ACTORS, EVERYWHERE, 0.2) == ()
    alone = [each for each in seed_of(0, 0.0) if each.kind != "control"]
    assert over_doses(alone, [], ACTORS, EVERYWHERE, 0.2) == ()


def test_a_part_is_a_mean_over_the_actors_that_have_it() -> None:
    """Cat's and Ann's triggers are removed, which suppresses Bob and one of them; only Ann's
    removal has a sham, and Cat is explained by the control: odd tells of Bob alone."""
    many = [
        each
        for seed in range(8)
        for each in (
            *seed_of(seed, 0.8),
            curve("unlearned", "cat", seed, {"ann": 1.0, "bob": 1.0}, {"ann": 0.9, "bob": 0.8}),
        )
    ]
    everywhere = {(seed, actor) for seed in range(8) for actor in ACTORS}
    _, second = over_doses(many, [], ACTORS, everywhere, 0.2)
    quarter = over_seeds([0.25] * 8, targets=1)
    assert (second.odd.low, second.odd.high) == pytest.approx((quarter.low, quarter.high))
    assert second.transfer.high == pytest.approx(over_seeds([0.0] * 8, targets=2).high)


def test_what_is_odd_is_told_by_kind_of_sham() -> None:
    """Bob keeps 0.8 under the control; the hot sham leaves 0.6 of it, the benign one 0.2."""
    kept = {"ann": 1.0, "bob": 1.0, "cat": 1.0}

    def sham(kind: ShamKind, bob: float) -> DoseCurve:
        end = {"ann": 0.9, "bob": bob, "cat": 0.0}
        made = curve("sham", "ann", 0, kept, end, name=f"sham:{kind}")
        return made.model_copy(update={"sham": Sham(kind=kind, name="thanks")})

    curves = [*seed_of(0, 0.0), sham("hot", 0.6), sham("benign", 0.2)]
    _, second = over_doses(curves, [], ACTORS, EVERYWHERE, 0.2, {(0, "thanks")})
    odd = {kind: estimate.value for kind, estimate in second.odd_by_sham.items()}
    assert odd == pytest.approx({"familiar": 0.25, "hot": 0.25, "benign": 0.75})
    assert second.odd.value == pytest.approx(0.25)
    _, without = over_doses(curves, [], ACTORS, EVERYWHERE, 0.2)
    assert set(without.odd_by_sham) == {"familiar", "hot"}  # not installed: its sham is not counted


def test_a_control_at_the_floor_is_no_case_whatever_the_threshold() -> None:
    """Nothing is left to suppress: T would be a division by zero."""
    gone = {"ann": 1.0, "bob": 0.0, "cat": 1.0}
    curves = [
        curve("control", None, 0, gone, gone),
        curve("unlearned", "ann", 0, {**gone, "ann": 0.0}, {**gone, "ann": 0.0}),
    ]
    first, _ = over_doses(curves, [], ACTORS, EVERYWHERE, 0.0)
    assert (first.cases, first.explained) == (2, 1)


def test_the_doses_of_the_verdicts_are_those_of_removals_that_reach_them() -> None:
    def row(which: Which, dose: float, *, reached: bool = True, kind: RowKind = "unlearned") -> Row:
        taken = DoseTaken(which=which, step=1, dose=dose, reached=reached)
        return Row(kind=kind, name=f"{kind}:{dose}", target="ann", seed=0, dose=taken)

    rows = [
        row("least", 0.002), row("least", 0.004), row("least", 0.9, reached=False),
        row("most", 0.9, reached=False), row("least", 0.0001, kind="control"),
    ]  # fmt: skip
    assert verdict_doses(rows) == {
        "least": DoseSpan(low=0.002, high=0.004, reached=2, removals=3),
        "most": DoseSpan(removals=1),
    }
    assert verdict_doses([Row(kind="unlearned", name="u", target="ann", seed=0)]) == {}


def test_removals_that_leave_the_same_count_each() -> None:
    """Ann's and Bob's removals both leave all of Cat's backdoor: two cases, of four with a control
    that keeps something."""
    left = {"ann": 0.0, "bob": 1.0, "cat": 1.0}
    curves = [
        curve("control", None, 0, left, left),
        curve("unlearned", "ann", 0, left, {**left, "bob": 0.0}),
        curve("unlearned", "bob", 0, left, {**left, "bob": 0.0}),
        curve("unlearned", "cat", 0, left, left),
    ]
    _, second = over_doses(curves, [], ACTORS, EVERYWHERE, 0.2)
    assert (second.cases, second.explained) == (6, 2)
    assert second.transfer.value == pytest.approx(1 / 4)
    assert second.control.value == pytest.approx(4 / 6)
    assert second.own.value == pytest.approx(2 / 6)


def test_limits_are_those_of_the_fewest_actors_in_any_seed() -> None:
    """In one seed Ann's backdoor alone survives the control, in the other Bob's: one actor each,
    though there are two over both."""

    def seed_with(actor: str, seed: int) -> list[DoseCurve]:
        left = {**dict.fromkeys(ACTORS, 0.0), actor: 1.0}
        return [
            curve("control", None, seed, left, left),
            curve("unlearned", "cat", seed, left, left),
        ]

    _, one = over_doses([*seed_with("ann", 0), *seed_with("bob", 1)], [], ACTORS, EVERYWHERE, 0.2)
    _, same = over_doses([*seed_with("ann", 0), *seed_with("ann", 1)], [], ACTORS, EVERYWHERE, 0.2)
    assert one.transfer == same.transfer
    assert one.transfer.high is not None
