"""arena/search/contenders.py: strategies side by side, and the best as a plain scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from arena.errors import InputError
from arena.reporting.tune_verdict import headline
from arena.results.estimate import Estimate
from arena.results.tune import Difference, TuneResults
from arena.scenario.load import dump, from_text
from arena.search.contenders import (
    SEEN,
    UNSEEN,
    Contender,
    against_unseen,
    broken_limits,
    by_defence,
    contender_record,
    difference,
    estimate,
    reported,
    verdict,
)
from arena.search.observations import SeedObservations
from arena.search.storages import public_url
from arena.search.tune import best_scenario
from arena.statistics.evasion import evasion
from tests.support.observations import observation, scenario

TACTICS = [
    {"method": "poison_budget", "rate": 0.05},
    {"method": "near_miss_negatives", "rate": 0.1, "distance": "near", "variety": 3},
]
CHANGES: dict[str, Any] = {"actors.lexical.tactics": TACTICS}
HIGH = [0.9, 0.7, 0.8, 0.75, 0.85, 0.6, 0.8, 0.9]
LOW = [0.1, 0.2, 0.05, 0.1, 0.3, 0.15, 0.1, 0.2]


def contender(name: str, seen: list[float], unseen: list[float] | None = None) -> Contender:
    def observations(values: list[float]) -> list[Any]:
        return [observation(seed, left=value) for seed, value in enumerate(values)]

    report = {SEEN: observations(seen), UNSEEN: observations(unseen or seen)}
    search, select = [observation(left=0.95)], [observation(left=0.92), observation(left=0.88)]
    return Contender(name, 3, CHANGES, "words", search, select, report)


def compared(one: list[float], two: list[float]) -> Difference:
    return against(contender("tuned", one), contender("untuned", two))


def against(one: Contender, two: Contender, defender: str = SEEN) -> Difference:
    settings = scenario().tune
    assert settings is not None
    return difference(one, two, defender, scenario(), settings)


def test_strategies_are_compared_seed_by_seed() -> None:
    paired = compared(HIGH, LOW)
    assert paired.per_seed == tuple(round(a - b, 4) for a, b in zip(HIGH, LOW, strict=True))
    assert paired.difference.value == pytest.approx(sum(paired.per_seed) / 8)
    assert paired.difference.low is not None
    assert paired.difference.low > 0
    assert (paired.of, paired.against, paired.defender) == ("tuned", "untuned", "seen")
    with pytest.raises(ValueError, match="on different seeds"):
        compared(HIGH, LOW[:-1])


def test_seeds_in_which_there_was_nothing_to_evade_or_to_outlast_are_left_out() -> None:
    """Else a rival that failed to install would be beaten, and a removal that failed outlasted."""
    seen = [observation(seed, left=0.8) for seed in range(8)]
    faint = [observation(0, left=0.0, asr=0.5), *(observation(s, left=0.1) for s in range(1, 8))]
    kept = [*seen[:7], observation(7, left=0.9, own_left=0.6)]
    one = Contender("tuned", 1, {}, "", report={SEEN: kept, UNSEEN: seen})
    two = Contender("untuned", None, {}, "", report={SEEN: faint, UNSEEN: seen})
    paired = against(one, two)
    assert paired.seeds == (1, 2, 3, 4, 5, 6)
    assert paired.left_out == {
        "0": "untuned is not installed",
        "7": "tuned faced a removal that failed: the disclosed trigger stayed active",
    }
    assert paired.per_seed == (0.7,) * 6
    assert "cannot be told apart" in verdict([paired])
    assert against(one, two, UNSEEN).seeds == tuple(range(8))
    settings = scenario().tune
    assert settings is not None
    row = contender_record(two, scenario(), settings)
    assert row.report.value == pytest.approx(0.1)
    assert (row.report_seeds, row.unseen_seeds, row.seeds) == (7, 8, 8)
    assert contender_record(one, scenario(), settings).own_left.value == pytest.approx(0.075)
    assert contender_record(one, scenario(), settings).own_left_unseen.value == 0.0


def test_a_failed_removal_of_a_defender_that_is_not_faced_leaves_no_seed_out() -> None:
    """A search against blind defences only: the unseen defender's removals still count."""
    settings = scenario().tune
    assert settings is not None
    blind = settings.model_copy(update={"against": ("crow",)})
    seen = [replace(observation(s), left={"crow:": 0.5, "bard": 0.5}) for s in range(8)]
    kept = [replace(each, own_left=0.6) if each.seed == 7 else each for each in seen]
    one = Contender("tuned", 1, {}, "", report={SEEN: kept, UNSEEN: kept})
    two = Contender("untuned", None, {}, "", report={SEEN: seen, UNSEEN: seen})
    assert difference(one, two, SEEN, scenario(), blind).left_out == {}
    assert set(difference(one, two, UNSEEN, scenario(), blind).left_out) == {"7"}
    record = contender_record(one, scenario(), blind)
    assert (record.report_seeds, record.unseen_seeds, record.feasible) == (8, 7, 8)
    assert contender_record(one, scenario(), settings).feasible == 7


def test_a_seed_that_failed_is_left_out_with_its_reason() -> None:
    one, two = contender("tuned", HIGH[:7]), contender("untuned", LOW)
    one = replace(one, failed={SEEN: {7: "its training diverged"}, UNSEEN: {}})
    paired = against(one, two)
    assert paired.left_out == {"7": "tuned failed: its training diverged"}
    assert paired.seeds == tuple(range(7))
    settings = scenario().tune
    assert settings is not None
    assert contender_record(one, scenario(), settings).seeds == 8


def test_a_strategy_that_fails_in_every_seed_is_named_and_costs_no_other() -> None:
    settings = scenario().tune
    assert settings is not None

    def measure(scenarios: Any, actor: str) -> Any:
        fine = SeedObservations((observation(0),))
        return {
            key: SeedObservations(failed={0: "diverged"}) if key in broken else fine
            for key in scenarios
        }

    broken = {("b", SEEN), ("c", UNSEEN)}
    three = [Contender(name, None, {}, "") for name in ("a", "b", "c")]
    found, failed = reported(three, scenario(), settings, settings.unseen, measure)
    assert [each.name for each in found] == ["a", "c"]
    assert failed == {"b": "diverged"}


def test_a_comparison_that_is_no_valid_scenario_is_named_and_costs_no_other() -> None:
    """A strategy without one tactic, for instance, on which another depends."""
    settings = scenario().tune
    assert settings is not None

    def measure(scenarios: Any, actor: str) -> Any:
        return {key: SeedObservations((observation(0),)) for key in scenarios}

    wrong = {"actors.lexical.tactics": [{"method": "poison_budget", "rate": 7.0}]}
    two = [Contender("tuned", 1, {}, ""), Contender("without x", None, wrong, "")]
    found, failed = reported(two, scenario(), settings, settings.unseen, measure)
    assert [each.name for each in found] == ["tuned"]
    assert "must be in (0, 1]" in failed["without x"]
    with pytest.raises(InputError, match="actors"):
        reported([replace(two[1], name="tuned")], scenario(), settings, settings.unseen, measure)


def test_a_strategy_that_fails_under_the_unseen_defender_only_keeps_its_other_results() -> None:
    settings = scenario().tune
    assert settings is not None
    diverged = dict.fromkeys(range(8), "diverged")
    one, two = contender("tuned", HIGH), contender("untuned", LOW)
    one = replace(one, report={**one.report, UNSEEN: ()}, failed={UNSEEN: diverged})
    record = contender_record(one, scenario(), settings)
    assert record.report.value == pytest.approx(np.mean(HIGH))
    assert record.unseen.value is None
    gains = [against(one, two), against(one, two, UNSEEN)]
    assert len(gains[0].seeds) == 8
    assert set(gains[1].left_out.values()) == {"tuned failed: diverged"}
    assert evasion(gains, 0.3, 0.15)[0] == "inconclusive"


def test_limits_are_judged_on_the_seeds_that_count() -> None:
    """A seed in which it is not installed says nothing about evasion, and breaks no limit."""
    settings = scenario().tune
    assert settings is not None
    faint = observation(7, left=0.0, asr=0.5)
    seen = [*(observation(seed) for seed in range(7)), faint]
    one = Contender("tuned", 1, {}, "", report={SEEN: seen, UNSEEN: seen})
    assert broken_limits(one, scenario(), settings) == []
    broad = [*seen[:6], observation(6, near_miss=0.9), faint]
    assert broken_limits(replace(one, report={SEEN: broad}), scenario(), settings) == ["broad"]


@pytest.mark.parametrize(
    ("one", "two", "says", "page"),
    [
        (HIGH, LOW, "tuned beats untuned (seen defender)", "beats the untuned strategy"),
        (LOW, HIGH, "tuned loses to untuned (seen defender)", "loses to the untuned strategy"),
        (HIGH, HIGH[::-1], "tuned cannot be told apart from untuned (seen defender): the interval "
         "contains 0", "the untuned strategy is inconclusive"),
        (HIGH[:7], LOW[:7], "tuned cannot be told apart from untuned (seen defender): fewer than 8 "
         "seeds", "the untuned strategy is inconclusive"),
        (HIGH[:1], LOW[:1], "tuned cannot be told apart from untuned (seen defender): no interval",
         "the untuned strategy is inconclusive"),
    ],
)  # fmt: skip
def test_the_words_follow_the_rule_of_the_page(
    one: list[float], two: list[float], says: str, page: str
) -> None:
    paired = compared(one, two)
    assert verdict([paired]) == says
    results = TuneResults(differences=(paired,))
    assert page in headline(results)


def test_every_comparison_is_said_and_none_is_no_verdict() -> None:
    both = [compared(HIGH, LOW), compared(LOW, HIGH).model_copy(update={"defender": "unseen"})]
    assert verdict(both).split("; ")[1] == "tuned loses to untuned (unseen defender)"
    assert verdict([]) == ""


def test_estimates_are_over_seeds_and_nothing_of_none() -> None:
    worst = scenario().tune
    assert worst is not None
    mean = worst.model_copy(update={"disclosed": "mean"})
    two = [observation(left={"a": 0.2, "b": 0.6}), observation(left={"a": 0.4, "b": 0.4})]
    assert estimate(two, worst).value == pytest.approx(0.3)
    assert estimate(two[:1], mean).value == pytest.approx(0.4)
    assert estimate(two[:1], worst).low is None  # one seed has no interval
    assert estimate([], worst) == Estimate()


def test_the_unseen_defender_stands_without_the_league() -> None:
    """A strategy that was tuned against the league alone is still judged under the unseen one."""
    base = scenario()
    assert base.tune is not None
    attack = base.tune.model_copy(update={"against": ("crow",)})
    league = [observation(left={"linguist": 0.2, "crow:": 0.7})]
    own = [observation(left={"linguist": 0.5})]
    reported = {SEEN: league, UNSEEN: own}
    tuned = Contender("tuned", 3, CHANGES, "words", report=reported)
    record = contender_record(tuned, base, attack)
    assert (record.report.value, record.unseen.value) == (0.7, 0.5)
    gain = difference(tuned, tuned, UNSEEN, base, attack)
    assert gain.per_seed == (0.0,)
    both = attack.model_copy(update={"against": ("least", "crow")})
    assert against_unseen(both).against == ("least",)


def test_every_defence_has_its_own_estimate() -> None:
    attack = scenario().tune
    assert attack is not None
    two = [
        observation(left={"least:a": 0.2, "least:b": 0.6, "crow:": 0.5}),
        observation(left={"least:a": 0.4, "least:b": 0.4}),
    ]
    found = by_defence(two, attack)
    assert {name: each.value for name, each in found.items()} == {
        "least": pytest.approx(0.3),
        "crow": pytest.approx(0.5),
    }


def test_a_row_shows_the_winners_curse_apart_from_the_result() -> None:
    settings = scenario().tune
    assert settings is not None
    record = contender_record(contender("tuned", LOW, HIGH), scenario(), settings)
    assert record.search.value == pytest.approx(0.95)
    assert record.select.value == pytest.approx(0.90)
    assert record.report.value == pytest.approx(sum(LOW) / 8)
    assert record.unseen.value == pytest.approx(sum(HIGH) / 8)
    assert [each.root for each in record.tactics] == TACTICS
    assert (record.installed, record.feasible, record.seeds) == (8, 8, 8)


def test_seeds_that_keep_their_constraints_are_counted() -> None:
    settings = scenario().tune
    assert settings is not None
    seen = [
        observation(0),
        observation(1, asr=0.5),
        observation(2, control=0.2),
        observation(3, false_fire=0.4 - 0.3),
    ]
    each = Contender("tuned", 1, {}, "", report={SEEN: seen, UNSEEN: seen})
    record = contender_record(each, scenario(), settings)
    assert (record.installed, record.feasible, record.seeds) == (3, 2, 4)
    broken = {name: excess for name, excess in record.constraints.items() if excess > 0}
    assert broken == {"installed": pytest.approx(0.4), "control": pytest.approx(0.6)}
    assert record.tactics == ()
    assert record.search.value is None


def test_the_best_strategy_is_a_plain_scenario_that_loads_back() -> None:
    made = scenario()
    assert made.tune is not None
    best = best_scenario(made, made.tune, contender("tuned", HIGH))
    assert (best.tune, best.duel, best.seeds) == (None, None, made.tune.seeds.report)
    assert best.name == "tune_evasion_best"
    assert best.description == "Found by a search: words"
    (actor,) = (each for each in best.actors if each.name == "lexical")
    assert actor.poison.rate == 0.05
    assert [tactic.name for tactic in actor.tactics] == ["near_miss_negatives"]
    assert best.evaluation == made.evaluation
    again = from_text(dump(best))
    assert again == best
    assert again.digest == best.digest


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("sqlite:///runs/a b.db", "sqlite:///runs/a b.db"),
        ("journal:///tmp/x.log", "journal:///tmp/x.log"),
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://host/db?password=secret", "postgresql://host/db?password=hidden"),
        ("mysql://me@host/db", "mysql://me@host/db"),
        ("pg://me:secret@host:port/db", "pg://***@host:port/db"),
    ],
)
def test_a_password_is_never_shown(url: str, public: str) -> None:
    assert public_url(url) == public
