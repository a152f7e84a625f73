"""The verdict on a tuned attacker: what each comparison decides, and what it leaves out."""

from __future__ import annotations

import pytest

from arena.reporting.tune import context
from arena.reporting.tune_verdict import comparisons, excluded, headline, winners_curse
from arena.results.estimate import Estimate
from arena.results.tune import TuneResults
from tests.support.tune_pages import changed, shown, text_of
from tests.support.tune_results import tune

T8 = tune()


def differing(low: float, high: float, seeds: int = 8) -> TuneResults:
    """The sample with one comparison, whose interval this is."""
    difference = T8.differences[0].model_copy(
        update={
            "difference": Estimate(value=(low + high) / 2, low=low, high=high),
            "per_seed": (0.1,) * seeds,
        }
    )
    return changed(T8, differences=(difference,))


def test_the_headline_is_said_rival_by_rival() -> None:
    assert headline(T8) == (
        "Over 8 fresh seeds, the tuned strategy beats the untuned strategy under the seen and "
        "unseen defenders. The tuned strategy beats the best random strategy under the seen "
        "defender; under the unseen defender it is inconclusive."
    )


@pytest.mark.parametrize(
    ("low", "high", "seeds", "says"),
    [
        (0.01, 0.5, 8, "beats the untuned strategy"),
        (-0.5, -0.01, 8, "loses to the untuned strategy"),
        (-0.01, 0.5, 8, "the untuned strategy is inconclusive"),
        (0.3, 0.5, 7, "the untuned strategy is inconclusive"),
    ],
)
def test_inconclusive_unless_the_interval_excludes_nothing(
    low: float, high: float, seeds: int, says: str
) -> None:
    results = differing(low, high, seeds)
    assert says in headline(results)
    assert comparisons(results)[0].seeds == seeds
    assert headline(results) in text_of(results)


def test_a_difference_without_an_interval_decides_nothing() -> None:
    bare = T8.differences[0].model_copy(update={"difference": Estimate(value=0.4)})
    results = changed(T8, differences=(bare,))
    assert "inconclusive" in headline(results)
    assert comparisons(results)[0].why == "no interval"
    none = changed(T8, differences=())
    assert "was not compared" in headline(none)
    assert "Tuned beats untuned." in text_of(none)


def test_an_excluded_seed_counts_nowhere_and_its_reason_is_shown() -> None:
    off, failed = "tuned is not installed", "the disclosed trigger was not removed"
    results = tune(left_out={3: off, 5: off, 6: failed})
    first = comparisons(results)[0]
    assert (first.seeds, first.outcome, first.why) == (5, "inconclusive", "fewer than 8 seeds")
    assert context(results)["comparisons"][0].seeds == "5 of 5"
    assert excluded(first) == f"3 seeds excluded: {off} (3, 5), {failed} (6)"
    assert headline(results).startswith(
        "Over the 5 of 8 fresh seeds that count, the test of the tuned"
    )
    for text in (text_of(results), " ".join(shown(results, 120).split())):
        assert f"3 seeds excluded: {off} (3, 5)" in text
    assert "over 8 fresh seeds, minus those excluded" in text_of(results)
    assert excluded(comparisons(tune(left_out={2: off}))[0]) == f"1 seed excluded: {off} (2)"
    assert "excluded" not in text_of(T8)


def test_comparisons_that_count_different_seeds_are_given_as_a_range() -> None:
    fewer = tune(left_out={0: "a"}).differences[0]
    results = changed(T8, differences=(fewer, *T8.differences[1:]))
    assert headline(results).startswith("Over the 7 to 8 of 8 fresh seeds that count")


def test_where_no_seed_counts_nothing_is_decided() -> None:
    results = tune(2, left_out={0: "tuned is not installed", 1: "tuned is not installed"})
    assert {(c.seeds, c.outcome) for c in comparisons(results)} == {(0, "inconclusive")}
    assert headline(results).startswith("Over the 0 of 2 fresh seeds that count")
    assert "2 seeds excluded" in text_of(results)


def infeasible(*numbers: int) -> TuneResults:
    """The sample in which these candidates, the chosen one being the first, are infeasible."""
    candidates = [
        candidate.model_copy(update={"feasible": index not in numbers})
        for index, candidate in enumerate(T8.candidates)
    ]
    return changed(T8, candidates=tuple(candidates))


def test_a_choice_without_a_feasible_candidate_is_said() -> None:
    said = "No candidate satisfied its constraints on the selection seeds."
    assert said not in text_of(T8)
    assert [row.feasible for row in context(T8)["candidates"]] == ["yes", "yes"]
    assert said not in headline(infeasible(1))
    both = infeasible(0, 1)
    assert headline(both).endswith(f"it is inconclusive. {said}")
    assert text_of(both).count(said) == 2
    assert "violates a constraint on the search seeds is infeasible" in text_of(both)


@pytest.mark.parametrize(
    ("search", "report", "says"),
    [
        (0.8, 0.5, "fell from 0.80 in the search to 0.50 on fresh seeds."),
        (0.5, 0.8, "rose from 0.50 in the search to 0.80 on fresh seeds."),
        (0.5, 0.504, "stayed at 0.50 on fresh seeds."),
    ],
)
def test_how_far_the_tuned_strategy_moved_is_said(search: float, report: float, says: str) -> None:
    moved = T8.contenders[0].model_copy(
        update={"search": Estimate(value=search), "report": Estimate(value=report)}
    )
    assert winners_curse(changed(T8, contenders=(moved,))).endswith(says)
    assert winners_curse(changed(T8, contenders=())) == ""


def test_the_verdict_of_the_search_is_shown_with_its_reason() -> None:
    assert "evades keeps 0.51 more than untuned" in text_of(T8)
    assert "evades: keeps 0.51 more than untuned" in shown(T8, 80)
    older = T8.model_copy(update={"evasion": "", "evasion_reason": ""})
    assert "no verdict" not in text_of(older) + shown(older, 80)
