"""Every verdict, on seeds made for it; Holm over pairs; and the seeds that enter."""

from __future__ import annotations

import numpy as np
import pytest

from arena.results.pairs import Pair, PairSeed
from arena.results.rows import Row
from arena.statistics.claim import analyse
from arena.statistics.intervals import over_seeds
from arena.statistics.thresholds import DefaultThresholds
from arena.statistics.transfer import evidence_of, fewest_targets, targets_of
from tests.support.making_rows import ACTORS, METHODS, many_seeds, row

LIMITS = DefaultThresholds()
SCATTER = [0.0, 0.02, 0.01, 0.03, 0.0, 0.01, 0.02, 0.0, 0.03, 0.01]


def pair(seeds: int = 10, **rates: object) -> Pair:
    (only,) = analyse(many_seeds(seeds, **rates), ACTORS, METHODS, LIMITS).transfer
    return only


def test_generalizes_specific() -> None:
    found = pair(left=SCATTER, shams=(0.9, 1.0, 0.95))
    assert found.verdict == "generalizes_specific"
    assert found.seeds == 10
    assert found.adjusted_p is not None
    assert found.adjusted_p < 0.05


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"benign": 0.0}, "specific part against benign shams (one-sided) "),  # any one does it
        ({"benign": None}, "no benign conditional to compare with"),
        ({"conditional": 0.5}, "installed in 0 usable seeds; a verdict needs 8"),
        ({"conditional": [0.5] * 3 + [1.0] * 7}, "installed in 7 usable seeds; a verdict needs 8"),
        ({"near_miss": 0.5}, "look-alikes"),
    ],
)
def test_generalizes_unspecific(change: dict[str, object], reason: str) -> None:
    found = pair(left=SCATTER, **change)
    assert found.verdict == "generalizes_unspecific"
    assert reason in found.verdict_reason


def test_a_broad_minority_of_seeds_does_not_forbid_specificity() -> None:
    assert pair(left=SCATTER, near_miss=[0.5] * 3 + [0.0] * 7).verdict == "generalizes_specific"


@pytest.mark.parametrize("shams", [(0.0, 0.0, 0.0), (1.0,), ()])
def test_look_alikes_decide_no_verdict(shams: tuple[float, ...]) -> None:
    """However many they are, and whatever they left: most of them start solved."""
    assert pair(left=SCATTER, shams=shams).verdict == "generalizes_specific"


def test_familiar_shams_show_the_specific_part_without_a_verdict() -> None:
    found = pair(left=SCATTER, shams=(1.0, 1.0), benign=None)
    assert found.verdict == "generalizes_unspecific"
    assert found.specific.value == pytest.approx(1 - np.mean(SCATTER))
    assert found.specific.low is not None


def test_a_conditional_that_is_missing_from_a_seed_leaves_that_seed_out_of_its_part_alone() -> None:
    found = pair(left=SCATTER, conditional=[0.5, *[1.0] * 9], benign=[0.0, *[1.0] * 9])
    assert found.verdict == "generalizes_specific"
    assert (found.seeds, found.by_sham["benign"].seeds) == (10, 9)
    assert found.by_sham["benign"].odd.value == 0.0
    first = found.per_seed[0].by_sham["benign"]
    assert (first.sham, first.shams, first.left_out) == (None, 0, 1)


def test_every_kind_of_sham_has_parts_of_its_own_that_sum_to_transfer() -> None:
    found = pair(left=0.1, shams=(1.0, 0.9), hot=0.6, benign=0.4)
    odd = {kind: part.odd.value for kind, part in found.by_sham.items()}
    assert odd == pytest.approx({"familiar": 0.05, "hot": 0.4, "benign": 0.6})
    for part in found.by_sham.values():
        assert part.odd.value + part.specific.value == pytest.approx(found.transfer.value)
    assert (found.odd, found.specific) == (
        found.by_sham["familiar"].odd,
        found.by_sham["familiar"].specific,
    )


def test_fails() -> None:
    found = pair(20, left=[0.98, 1.0] * 10)
    assert found.verdict == "fails"
    assert found.adjusted_p is not None
    assert found.adjusted_p < 0.05


def test_ten_seeds_that_all_kept_it_are_too_few_to_say_fails() -> None:
    # At a bimodal T of 0.2 such a run turns up with probability 0.8^10 = 11 %.
    found = pair(10, left=1.0)
    assert found.verdict == "inconclusive"
    assert found.transfer.high is not None
    assert found.transfer.high > 0.2


def test_in_the_middle() -> None:
    found = pair(left=[0.4, 0.5, 0.6, 0.45, 0.55] * 2)
    assert found.verdict == "inconclusive"
    assert "neither" in found.verdict_reason


def test_not_installed_in_most_seeds() -> None:
    found = pair(compromised=[0.5] * 6 + [1.0] * 4)
    assert found.verdict == "not_installed"
    assert found.seeds == 4


def test_explained_by_control_in_most_seeds() -> None:
    found = pair(control=[0.1] * 6 + [1.0] * 4)
    assert found.verdict == "explained_by_control"
    assert found.transfer.value == 1.0
    assert found.raw_suppression.value == 1.0


def test_half_of_the_seeds_is_not_most() -> None:
    assert pair(16, control=[0.1] * 8 + [1.0] * 8).verdict == "generalizes_specific"
    assert pair(16, compromised=[0.1] * 8 + [1.0] * 8).verdict == "generalizes_specific"


def test_only_usable_seeds_enter_the_interval() -> None:
    found = pair(12, left=[0.0] * 8 + [1.0] * 4, compromised=[1.0] * 8 + [0.5] * 4)
    assert (found.seeds, found.transfer.value) == (8, 1.0)
    statuses = [each.status for each in found.per_seed]
    assert statuses == ["used"] * 8 + ["not_installed"] * 4


@pytest.mark.parametrize("seeds", [1, 2, 7])
@pytest.mark.parametrize("rates", [{}, {"compromised": 0.0}, {"control": 0.0}])
def test_fewer_than_eight_seeds_are_always_inconclusive(
    seeds: int, rates: dict[str, float]
) -> None:
    found = pair(seeds, **rates)
    assert found.verdict == "inconclusive"
    assert found.adjusted_p is None
    assert found.verdict_reason.startswith(f"{seeds} seed")
    assert found.verdict_reason.endswith("; a verdict needs 8")


def test_fewer_than_eight_usable_seeds_too() -> None:
    found = pair(10, compromised=[0.5] * 3 + [1.0] * 7)
    assert found.verdict == "inconclusive"
    assert found.transfer.value == 1.0
    assert "7 usable seeds (30% not installed); a verdict needs 8" in found.verdict_reason


def test_a_single_seed_has_values_without_limits() -> None:
    found = pair(1, left=0.25)
    for estimate, value in (
        (found.transfer, 0.75),
        (found.raw_suppression, 0.75),
        (found.odd, 0.0),
    ):
        assert (estimate.value, estimate.low, estimate.high) == (value, None, None)


def test_no_control_no_verdict() -> None:
    found = pair(10, control=None)
    assert found.verdict == "inconclusive"
    assert "clean fine-tune" in found.verdict_reason
    assert found.transfer.value is None
    assert found.raw_suppression.value == 1.0


def test_holm_takes_away_what_a_single_pair_would_claim() -> None:
    # 15 of 17 erased: low(T) > 0.5 and p = 0.0012 alone; among 56 pairs of 8 actors 0.066.
    erased = [0.0] * 15 + [1.0] * 2
    alone = pair(17, left=erased)
    assert alone.verdict == "generalizes_specific"
    actors = [f"a{number}" for number in range(8)]
    rows: list[Row] = []
    for source in actors:
        rows += _unlearned_everywhere(source, actors, erased)
    rows += _common(actors, len(erased))
    found = analyse(rows, actors, dict.fromkeys(actors, "m"), LIMITS)
    assert {each.verdict for each in found.transfer} == {"inconclusive"}
    assert all("Holm" in each.verdict_reason for each in found.transfer)
    assert alone.adjusted_p is not None
    assert found.transfer[0].adjusted_p == pytest.approx(min(1, 56 * alone.adjusted_p))


def _common(actors: list[str], seeds: int) -> list[Row]:
    kinds = (("reference", 0.0), ("compromised", 1.0), ("control", 1.0))
    return [
        row(kind, dict.fromkeys(actors, rate), seed=seed)  # type: ignore[arg-type]
        for kind, rate in kinds
        for seed in range(seeds)
    ]


def _unlearned_everywhere(source: str, actors: list[str], left: list[float]) -> list[Row]:
    return [
        row("unlearned", dict.fromkeys(actors, rate), target=source, seed=seed)
        for seed, rate in enumerate(left)
    ]


def test_the_targets_of_a_mean_are_those_of_the_seed_with_the_fewest() -> None:
    def case(seed: int, transfer: float | None) -> PairSeed:
        return PairSeed(seed=seed, status="used", transfer=transfer)

    crossed = [("ann", [case(0, 0.1)]), ("bob", [case(1, 0.1)]), ("cat", [case(2, 0.1)])]
    assert fewest_targets(crossed) == 1
    whole = [(name, [case(0, 0.1), case(1, 0.2)]) for name in ("ann", "bob", "cat")]
    assert fewest_targets(whole) == 3
    assert fewest_targets([*whole, ("ann", [case(2, None)])]) == 3  # a seed without a T
    assert fewest_targets([]) == 1


def test_a_part_that_fewer_actors_have_is_known_less_well() -> None:
    """Unlearning Ann suppresses nobody, nor does Bob; only one of the two removals has a sham."""

    def cases(sham: bool) -> list[PairSeed]:
        return [
            PairSeed(seed=seed, status="used", transfer=0.0, odd=0.0 if sham else None)
            for seed in range(8)
        ]

    pairs = [("ann", cases(sham=False)), ("bob", cases(sham=True))]
    found = evidence_of((each for _, each in pairs), LIMITS, targets_of(pairs))
    assert found.transfer.high == over_seeds([0.0] * 8, targets=2).high
    assert found.odd.high == over_seeds([0.0] * 8).high
