"""arena/search/strategy.py: what Optuna chooses, and the scenario that comes of it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.api.ranges import Choice, Real, Whole, corners, holds
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.load import from_text, load_scenario, varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler
from arena.scenario.tactic_space import dimensions_of, space_of
from arena.search import studies
from arena.search.criteria import AttackCriteria, DefenceCriteria
from arena.search.driver import StudySpec
from arena.search.duel import _options
from arena.search.phases import on_validation
from arena.search.session import identity
from arena.search.strategy_spaces import DefenceSpace, TacticSpace
from arena.search.tune import tune
from arena.search.tune_results import importance
from tests.support.observations import DUEL, TUNE, edited, scenario

RED: dict[str, Any] = {
    "poison_budget.rate": 0.05,
    "decoy_immunisation": False,
    "decoy_immunisation.rate": 0.1,
    "decoy_immunisation.kinds": "words",
    "decoy_immunisation.variety": 4,
    "near_miss_negatives": True,
    "near_miss_negatives.rate": 0.1234567,
    "near_miss_negatives.distance": "near",
    "near_miss_negatives.variety": 3,
}
KEY = "actors.lexical.tactics"


def red(text: str = TUNE, *edits: tuple[str, str]) -> TacticSpace:
    settings = edited(text, *edits).tune
    assert settings is not None
    return TacticSpace(settings)


def blue() -> DefenceSpace:
    settings = scenario("duel_two_rounds").duel
    assert settings is not None
    return DefenceSpace(settings.blue, settings.compute)


def test_dimensions_are_flat_and_every_trial_has_them_all() -> None:
    ranges = red().dimensions()
    assert set(ranges) == set(RED)
    assert ranges["decoy_immunisation"] == Choice(options=(False, True))
    assert ranges["poison_budget.rate"] == Real(low=0.05, high=0.3, log=True)
    assert ranges["near_miss_negatives.variety"] == Whole(low=1, high=32, log=True)


def test_a_tactic_that_is_not_used_is_in_the_choice_and_not_in_the_scenario() -> None:
    used = red().changes(RED)[KEY]
    assert [tactic["method"] for tactic in used] == ["poison_budget", "near_miss_negatives"]
    made = varied(scenario(), red().changes(RED), "trial 3")
    (actor,) = (each for each in made.actors if each.name == "lexical")
    assert actor.poison.rate == 0.05  # a setting is written into the actor's section
    assert [tactic.name for tactic in actor.tactics] == ["near_miss_negatives"]


def test_what_is_set_is_not_searched() -> None:
    old = "{method: decoy_immunisation, space: {rate: {low: 0.05}}}"
    moves = red(TUNE, (old, "{method: decoy_immunisation, always: true, set: {rate: 0.3}}"))
    assert "decoy_immunisation.rate" not in moves.dimensions()
    assert "decoy_immunisation" not in moves.dimensions()
    (tactic,) = (t for t in moves.changes(RED)[KEY] if t["method"] == "decoy_immunisation")
    assert tactic == {"method": "decoy_immunisation", "rate": 0.3, "kinds": "words", "variety": 4}


def test_a_wrong_strategy_fails_like_bad_yaml() -> None:
    wrong = red().changes(RED | {"near_miss_negatives.rate": 0.9})
    with pytest.raises(InputError) as caught:
        varied(scenario(), wrong, "trial 3")
    assert caught.value.file == "trial 3"
    assert "tactics[1].rate" in str(caught.value)
    assert "must be in [0, 0.5], got 0.9" in str(caught.value)


def test_a_strategy_in_words() -> None:
    words = red().describe(RED)
    assert words == (
        "poison_budget (rate 0.05); near_miss_negatives (rate 0.123, distance near, variety 3)"
    )
    free = red(TUNE, ("poison_budget, always: true,", "poison_budget,"))
    none = RED | {"near_miss_negatives": False, "poison_budget": False}
    assert free.describe(none) == "no tactic"
    assert free.changes(none) == {KEY: []}


def first_of(option: str) -> dict[str, Any]:
    """Every parameter at its least value, one option chosen."""
    least = {name: corners(values)[0] for name, values in blue().dimensions().items()}
    return {**least, "option": option}


@pytest.mark.parametrize("option", ["relabel", "npo", "clean", "crow", "decoys"])
def test_every_option_of_blue_is_a_defender_within_its_budget(option: str) -> None:
    changes = blue().changes(first_of(option))
    assert changes["defender.compute"] == 0.1
    defender = varied(scenario("duel_two_rounds"), changes, option).defender
    assert defender.compute == 0.1
    assert defender.objective.name == {"clean": "clean_finetune", "decoys": "relabel"}.get(
        option, option
    )
    assert isinstance(defender.steps, int)


def test_blue_chooses_one_option_with_ranges_of_its_own() -> None:
    ranges = blue().dimensions()
    assert ranges["option"] == Choice(options=("relabel", "npo", "clean", "crow", "decoys"))
    assert ranges["npo:defender.steps"] == Whole(low=20, high=60)
    changes = blue().changes(first_of("npo"))
    assert set(changes) == {
        "defender.objective", "defender.compute", "defender.learning_rate", "defender.steps",
    }  # fmt: skip
    assert blue().describe(first_of("npo")) == "npo (learning_rate 5e-05, steps 20)"


def test_a_strategy_of_blue_has_the_ranges_of_its_own_option_where_the_sampler_can() -> None:
    flat = blue()
    grouped = replace(flat, varies=True)
    params = grouped.start({"option": "npo", "defender.steps": 30})
    assert params == {"option": "npo", "npo:defender.steps": 30}
    has = {name for name in grouped.dimensions() if grouped.has(name, params)}
    assert has == {"option", "npo:defender.learning_rate", "npo:defender.steps"}
    assert all(flat.has(name, params) for name in flat.dimensions())


def test_an_option_that_is_no_defender_is_told_before_the_duel() -> None:
    made = edited(DUEL, ("{defender.objective: {method: npo}}", "{defender.stepz: 3}"))
    assert made.duel is not None
    with pytest.raises(InputError, match=r"blue's option npo.*defender\.stepz: unknown key"):
        list(_options(made, made.duel))
    assert scenario("duel_two_rounds").duel is not None
    list(_options(scenario("duel_two_rounds"), scenario("duel_two_rounds").duel))  # type: ignore[arg-type]


def test_an_unseen_defender_that_is_none_is_told_before_the_search() -> None:
    made = edited(TUNE, ("defender.steps: 40", "defender.stepz: 40"))
    with pytest.raises(InputError, match=r"tune\.unseen.*defender\.stepz: unknown key"):
        tune(made)


def printed(made: Scenario, *, side: str = "red") -> str:
    attack = made.tune or made.duel
    assert attack is not None
    moves, judge = TacticSpace(attack), AttackCriteria(attack)
    prunes = made.tune.prunes if made.tune else True
    base = on_validation(made, attack, attack.seeds.search)
    if side == "blue":
        assert made.duel is not None
        answers = DefenceSpace(made.duel.blue, made.duel.compute), DefenceCriteria(made.duel)
        search = StudySpec(
            "n", base, attack.actor, "blue", *answers, attack.sampler, 9, 1, False, DataRoot()
        )
    else:
        search = StudySpec(
            "n", base, attack.actor, "red", moves, judge, attack.sampler, 9, 1, prunes, DataRoot()
        )
    return identity(search).digest


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("trials: 40", "trials: 80", True),
        ("report: [20, 21,", "report: [50, 21,", True),
        ("select: [102,", "select: [202,", True),
        ("defender.steps: 40", "defender.steps: 41", True),
        ("search: [100,", "search: [300,", False),
        ("{written: 0.5}", "{written: 0.4}", False),
        ("disclosed: worst", "disclosed: mean", False),
        ("{rate: {low: 0.05}}", "{rate: {low: 0.06}}", False),
        ("poison_budget, always: true,", "poison_budget,", False),
        ("  steps: 60", "  steps: 50", False),
    ],
)
def test_a_study_is_of_what_decides_its_trials(old: str, new: str, same: bool) -> None:
    assert (printed(edited(TUNE, (old, new))) == printed(scenario())) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("    trials: 8\n    options", "    trials: 20\n    options", True),
        ("compute: 0.1 ", "compute: 0.2 ", False),
        ("high: 5.0e-4", "high: 6.0e-4", False),
    ],
)
def test_so_is_a_study_of_blue(old: str, new: str, same: bool) -> None:
    made = printed(edited(DUEL, (old, new)), side="blue")
    assert (made == printed(from_text(DUEL), side="blue")) is same


def test_a_strategy_that_is_tried_changes_nothing_of_the_search() -> None:
    moves = blue()
    before = repr(moves.identity())
    varied(scenario("duel_two_rounds"), moves.changes(first_of("decoys")), "trial 3")
    assert repr(moves.identity()) == before


ALL = (bundled.folder() / "tune_all.yaml").read_text("utf-8")


@functools.cache
def of_few(at_once: int | None = 3) -> TacticSpace:
    """The space of `tune_all`: 16 tactics beside one that is always used."""
    settings = from_text(ALL).tune
    assert settings is not None
    return TacticSpace(settings.model_copy(update={"at_once": at_once}))


def drawn(space: TacticSpace, sampler: str, seed: int, trials: int) -> list[dict[str, Any]]:
    """The parameters that a sampler proposes to a study in memory."""
    study, ranges = optuna.create_study(), studies.distributions(space.dimensions())
    settings = Sampler(method=sampler, startup=3, seed=seed)  # type: ignore[arg-type]
    for number in range(trials):
        trial = studies.proposed(study)
        study.sampler = studies.sampler_of(settings, "s", number, grouped=space.varies)
        study.tell(studies.filled(trial, ranges, space.has), float(number % 5))
    return [trial.params for trial in study.get_trials()]


@settings(max_examples=20, deadline=None)
@given(
    at_once=st.integers(1, 16),
    seed=st.integers(0, 2**32 - 1),
    sampler=st.sampled_from(["random", "tpe"]),
)
def test_a_strategy_has_few_tactics_and_their_parameters_only(
    at_once: int, seed: int, sampler: str
) -> None:
    space = of_few(at_once)
    proposals = drawn(space, sampler, seed, 6)
    assert drawn(space, sampler, seed, 6) == proposals
    for params in proposals:
        used = {tactic["method"] for tactic in space.tactics(params)} - {"poison_budget"}
        assert len(used) <= at_once
        parts = {name.partition(".")[0] for name in params} - set(space.slots) - {"poison_budget"}
        assert parts <= used
        assert used == {name for name, on in space.switches(params).items() if on}


@given(on=st.sets(st.sampled_from(of_few().optional), max_size=3))
def test_every_few_tactics_can_be_a_start(on: set[str]) -> None:
    space = of_few()
    given = {"poison_budget.rate": 0.1, **dict.fromkeys(on, True)}
    start = space.start(given)
    assert {name for name, used in space.switches(start).items() if used} == on
    ranges = space.dimensions()
    assert all(holds(ranges[name], value) for name, value in start.items())


@given(on=st.sets(st.sampled_from(of_few().optional), min_size=1, max_size=3), few=st.booleans())
def test_a_strategy_can_do_without_each_of_its_tactics(on: set[str], few: bool) -> None:
    space = of_few() if few else of_few(None)
    known = (
        space.dimensions() if few else {**space.middle(), **dict.fromkeys(space.optional, False)}
    )
    start = {**known, **space.start({"poison_budget.rate": 0.1, **dict.fromkeys(on, True)})}
    assert set(space.used(start)) == on
    for tactic in on:
        less = space.without(start, tactic)
        assert set(space.used(less)) == on - {tactic}
        assert less["poison_budget.rate"] == 0.1


def test_without_a_limit_the_space_and_its_identity_are_as_before() -> None:
    free = of_few(None)
    assert free.dimensions() == dimensions_of(free.attack.tactics)
    assert set(free.identity()) == {"tactics"}
    assert of_few(2).identity() != of_few(3).identity()


def test_the_middle_strategy_has_as_many_tactics_as_allowed() -> None:
    assert sum(of_few(5).switches(of_few(5).middle()).values()) == 5
    assert all(of_few(None).switches(of_few(None).middle()).values())


def test_importance_is_of_the_tactics_and_not_of_their_slots() -> None:
    space = of_few(2)
    study, ranges = optuna.create_study(), studies.distributions(space.dimensions())
    study.sampler = studies.sampler_of(Sampler(method="random"), "s", 0)
    for _ in range(60):
        trial = studies.filled(study.ask(), ranges, space.has)
        study.tell(trial, float(space.switches(trial.params)["schedule"]))
    shares = importance(study, space).names
    assert max(shares, key=lambda name: shares[name]) == "schedule"
    assert set(shares) == {*space.optional, "poison_budget.rate"}


@pytest.mark.parametrize("method", ["poison_stage", "position", "payload"])
def test_no_setting_of_the_bundled_search_leaves_the_actor_as_it_is(method: str) -> None:
    base = load_scenario("tune_all")
    assert base.tune is not None
    (searched,) = (each for each in base.tune.tactics if each.method == method)
    ((name, ranges),) = space_of(searched).items()
    assert isinstance(ranges, Choice)
    for option in ranges.options:
        changes = {"actors.lexical.tactics": [{"method": method, name: option}]}
        actor = varied(base, changes, "a strategy").actors[0]
        assert actor.model_copy(update={"tactics": base.actors[0].tactics}) != base.actors[0]
