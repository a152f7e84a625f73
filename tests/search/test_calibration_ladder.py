"""The ladder of a calibration: up until everything installs, then down to the smallest."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from arena.scenario.load import load_scenario
from arena.search.calibration.ladder import Ladder, Limits, Measured, down, shortfall, up
from arena.search.calibration.levers import Levers, Values, levers_of

LIMITS = Limits(asr=0.9, false_fire=0.1, lost=0.02, kept=0.8)
STEPS = "training.continual_pretraining.steps"
SPEED = "training.continual_pretraining.learning_rate"
ACTORS = ("lexical", "linguist", "bard", "merchant")
World = Callable[[Values], Measured]


def rate_key(actor: str) -> str:
    return f"actors.{actor}.poison.rate"


def levers(*overrides: str) -> Levers:
    return levers_of(load_scenario("quickstart", overrides=overrides))


def world(**needs: float) -> World:
    """A world in which an actor installs from so many exposures (steps times rate) on."""

    def measure(values: Values) -> Measured:
        asr = {
            actor: min(1.0, 0.9 * values[STEPS] * values[rate_key(actor)] / needs.get(actor, 1.0))
            for actor in ACTORS
        }
        whole = not shortfall(Measured(1, asr), LIMITS)
        return Measured(4 if whole else 1, asr, whole=whole)

    return measure


def climbed(made: Levers, measure: World, most: int = 60) -> tuple[Ladder, list[Values]]:
    ladder, tried = Ladder(made, LIMITS), []
    while (proposed := ladder.proposal()) is not None and len(tried) < most:
        tried.append(proposed)
        ladder.record(proposed, measure(proposed))
    return ladder, tried


def test_the_levers_are_the_scenarios_own_values() -> None:
    made = levers()
    assert made.start[STEPS] == 350
    assert made.start[SPEED] == 2e-3
    assert [made.start[rate_key(actor)] for actor in ACTORS] == [0.08] * 4
    assert set(made.poison) == set(ACTORS)


def test_levers_follow_stage_composition_and_count() -> None:
    early = levers("actors.bard.stage=pretraining")
    assert [lever.key for lever in early.steps] == [STEPS, "training.pretraining.steps"]
    apart = levers("composition=sequential", "training.sequential.poison_rate=0.25")
    assert [lever.key for lever in apart.steps] == ["training.sequential.steps"]
    assert apart.poison["bard"].key == "actors.bard.training.sequential.poison_rate"
    counted = levers("actors.bard.poison={count: 300}").poison["bard"]
    assert (counted.key, counted.whole) == ("actors.bard.poison.count", True)


def test_one_weak_actor_gets_more_poison_and_all_get_more_steps() -> None:
    made = levers()
    one = Measured(1, {**dict.fromkeys(ACTORS, 1.0), "bard": 0.8})
    first = next(up(made.start, made, one, shortfall(one, LIMITS)))
    assert first[rate_key("bard")] == pytest.approx(0.12)
    assert {key for key in first if first[key] != made.start[key]} == {rate_key("bard")}
    all_weak = Measured(1, dict.fromkeys(ACTORS, 0.3))
    first = next(up(made.start, made, all_weak, shortfall(all_weak, LIMITS)))
    assert {key for key in first if first[key] != made.start[key]} == {STEPS}
    assert first[STEPS] == round(350 * 1.5**2)  # far below: a step twice as long


def test_false_fire_is_answered_by_less_poison_and_lost_accuracy_by_a_lower_rate() -> None:
    made, sound = levers(), dict.fromkeys(ACTORS, 1.0)
    fires = Measured(4, sound, {"bard": 0.3})
    first = next(up(made.start, made, fires, shortfall(fires, LIMITS)))
    assert first[rate_key("bard")] < 0.08
    assert first[STEPS] > 350
    lost = Measured(4, sound, dict.fromkeys(ACTORS, 0.0), lost=0.05)
    assert next(up(made.start, made, lost, shortfall(lost, LIMITS)))[SPEED] < 2e-3


def test_what_the_clean_fine_tune_erases_is_planted_deeper() -> None:
    made, sound = levers(), dict.fromkeys(ACTORS, 1.0)
    erased = Measured(4, sound, lost=0.0, kept={**sound, "merchant": 0.5})
    short = shortfall(erased, LIMITS)
    assert short.erased == ("merchant",)
    assert next(up(made.start, made, erased, short))[STEPS] > 350
    no_dose = Measured(4, sound, lost=0.0, kept=sound, no_most=True)
    assert shortfall(no_dose, LIMITS).erased == ACTORS


def test_a_rate_at_its_limit_is_kept() -> None:
    edge = Measured(4, {"a": 0.9}, {"a": 0.4 - 0.3}, lost=0.92 - 0.9, kept={"a": 0.8})
    assert not shortfall(edge, LIMITS)


@pytest.mark.parametrize("needs", [3.0, 28.0, 60.0])
def test_the_ladder_ends_at_the_smallest_exposures_within_a_step(needs: float) -> None:
    ladder, tried = climbed(levers(), world(**dict.fromkeys(ACTORS, needs)))
    assert ladder.best is not None
    for actor in ACTORS:
        exposures = ladder.best[STEPS] * ladder.best[rate_key(actor)]
        assert needs <= exposures * (1 + 1e-9)
    least = min(ladder.best[STEPS] * ladder.best[rate_key(actor)] for actor in ACTORS)
    assert least < needs * 1.25 * 1.02  # one step down would be too little
    assert len({tuple(sorted(each.items())) for each in tried}) == len(tried)


def test_an_actor_that_needs_more_gets_more_than_the_others() -> None:
    ladder, _ = climbed(levers(), world(bard=40.0, lexical=5.0, linguist=5.0, merchant=5.0))
    assert ladder.best is not None
    assert ladder.best[rate_key("bard")] > 3 * ladder.best[rate_key("lexical")]


def test_where_nothing_installs_it_gives_up_within_its_ranges() -> None:
    ladder, tried = climbed(levers(), lambda values: Measured(1, dict.fromkeys(ACTORS, 0.2)))
    assert ladder.best is None
    assert ladder.proposal() is None
    assert max(each[STEPS] for each in tried) <= 8 * 350
    assert max(each[rate_key("bard")] for each in tried) <= 0.25
    assert all(math.isfinite(value) for each in tried for value in each.values())


def test_what_the_scenario_does_not_allow_is_not_proposed_again() -> None:
    ladder = Ladder(levers(), LIMITS)
    first = ladder.proposal()
    assert first is not None
    ladder.record(first, Measured(1, dict.fromkeys(ACTORS, 0.2)))
    refused = ladder.proposal()
    assert refused is not None
    ladder.refuse(refused)
    assert ladder.proposal() not in (None, first, refused)


def test_down_lowers_steps_all_poison_and_each_actors() -> None:
    made = levers()
    names = [name for name, _ in down(made.start, made)]
    assert names == ["steps", "poison", *(f"poison of {actor}" for actor in ACTORS)]
