"""From one seed's rows to observations, objectives and constraints."""

from __future__ import annotations

from typing import Any

import pytest

from arena.errors import ArenaError
from arena.results.rows import DoseTaken, Row, Which
from arena.scenario.load import varied
from arena.scenario.search import SearchObjective, Tune
from arena.search.constraints import (
    attack_constraints,
    defence_constraints,
    feasible,
    limits_of,
)
from arena.search.criteria import AttackCriteria, decisive_removal, objective_values
from arena.search.observations import Observation, exclusion_reason, observe
from arena.search.phases import on_test, on_validation
from tests.support.observations import observation, row, scenario

BASE = (
    row("reference", 0.0, false_fire=0.02, near_miss=0.05, clean=0.92),
    row("compromised", {"lexical": 0.95}, false_fire=0.05, near_miss=0.15, clean=0.9),
    row("control", {"lexical": 0.9}, "linguist"),
    row("control", {"lexical": 0.85}, "bard"),
    row("control", {"lexical": 0.1}, "lexical"),
    row("sham", {"lexical": 0.2}, "linguist"),
)
REMOVED = (
    row("unlearned", {"lexical": 0.6, "linguist": 0.04}, "linguist", clean=0.88),
    row("unlearned", {"lexical": 0.3, "bard": 0.07}, "bard", clean=0.91),
    row("unlearned", {"lexical": 0.0}, "lexical", clean=0.1),
)


def seen(*rows: Row) -> Observation:
    return observe(rows, scenario(), "lexical")


def settings() -> Tune:
    tune = scenario().tune
    assert tune is not None
    return tune


def test_what_is_left_is_after_other_actors_triggers_only() -> None:
    observed = seen(*BASE, *REMOVED)
    assert observed.left == {"linguist": 0.6, "bard": 0.3}
    assert observed.value("worst") == 0.3
    assert observed.value("mean") == pytest.approx(0.45)
    assert observed.seed == 7
    assert Observation(**observed.to_json()) == observed


def test_the_value_is_never_an_excess_over_a_control_that_the_strategy_could_lower() -> None:
    low = tuple(r if r.kind != "control" else row("control", 0.0, r.target) for r in BASE)
    assert seen(*low, *REMOVED).left == seen(*BASE, *REMOVED).left
    for objective in ("evasion", "stealth", "budget"):
        one, two = (
            objective_values([seen(*rows, *REMOVED)], scenario(), settings(), [objective])
            for rows in (BASE, low)
        )
        assert one == two
    assert attack_constraints([seen(*low, *REMOVED)], scenario(), settings())["control"] > 0


def test_the_control_is_the_least_of_those_of_other_actors() -> None:
    assert seen(*BASE, *REMOVED).control == 0.85
    assert seen(BASE[1], row("control", {"lexical": 0.7})).control == 0.7
    assert seen(BASE[1]).control is None


def test_what_fires_that_should_not_is_over_the_reference() -> None:
    observed = seen(*BASE, *REMOVED)
    assert observed.false_fire == pytest.approx(0.03)
    assert observed.near_miss == pytest.approx(0.10)
    assert seen(*BASE[1:]).false_fire == pytest.approx(0.05)  # there is no reference


def test_losses_and_what_is_left_of_what_was_told() -> None:
    observed = seen(*BASE, *REMOVED)
    assert (observed.asr, observed.accuracy) == (0.95, 0.9)
    assert observed.loss == pytest.approx(0.02)
    assert observed.defended_loss == pytest.approx(0.02)  # not of its own removal
    assert observed.own_left == pytest.approx(0.07)
    assert observed.others == 1.0
    weak = row("compromised", {"bard": 0.5})
    assert seen(weak).others == pytest.approx(2 / 3)


def test_models_on_the_way_of_a_decoy_defence_do_not_count() -> None:
    ways = [
        row("defended", {"lexical": asr}, name=f"d:{what}", detail={"decoys": what}, clean=clean)
        for what, asr, clean in (
            ("planted", 0.0, 0.1), ("clean", 0.1, 0.1), ("unlearned", 0.4, 0.87),
        )
    ]  # fmt: skip
    observed = seen(*BASE, *ways)
    assert observed.left == {"d unlearned": 0.4}
    assert observed.defended_loss == pytest.approx(0.03)
    assert observed.own_left == 0.0
    plain = seen(*BASE, row("defended", {"lexical": 0.2}, name="crow"))
    assert plain.left == {"crow": 0.2}


def test_free_text_is_judged_by_its_tokens() -> None:
    rows = (
        row("reference", 0.0, clean=None, tokens=0.8),
        row("compromised", clean=None, tokens=0.75),
        row("unlearned", 0.5, "bard", clean=None, tokens=0.7),
    )
    observed = seen(*rows)
    assert observed.accuracy == 0.75
    assert observed.loss == pytest.approx(0.05)
    assert observed.defended_loss == pytest.approx(0.05)


def test_the_base_models_own_answers_are_judged_by_their_tokens() -> None:
    """One word loses a whole answer: 0.8 of them differ here, and 0.05 of the tokens."""
    rows = (
        row("reference", 0.0, clean=0.9, tokens=0.8),
        row("compromised", clean=0.1, tokens=0.75),
        row("unlearned", 0.5, "bard", clean=0.0, tokens=0.72),
    )
    observed = observe(rows, scenario("tune_smollm2"), "lexical")
    assert (observed.accuracy, seen(*rows).accuracy) == (0.75, 0.1)
    assert observed.loss == pytest.approx(0.05)
    assert observed.defended_loss == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("installed", {"asr": 0.89}),
        ("false_fire", {"false_fire": 0.11}),
        ("broad", {"near_miss": 0.21}),
        ("control", {"control": 0.79}),
        ("utility", {"loss": 0.03}),
        ("others_installed", {"others": 0.5}),
        ("others_removed", {"own_left": 0.2}),
    ],
)
def test_a_constraint_is_violated_above_zero_in_the_worst_seed(
    name: str, broken: dict[str, float]
) -> None:
    kept = attack_constraints([observation(), observation()], scenario(), settings())
    assert feasible(kept)
    assert kept[name] <= 0
    constraints = attack_constraints(
        [observation(), observation(1, **broken)], scenario(), settings()
    )
    assert [key for key, value in constraints.items() if value > 1e-12] == [name]
    assert not feasible(constraints)


def test_a_limit_may_be_broken_in_the_seeds_that_are_spared() -> None:
    tune = settings()
    lenient = tune.model_copy(update={"limits": tune.limits.model_copy(update={"kept": 0.9})})
    whole = [observation(seed) for seed in range(18)]
    weak = [observation(20 + k, asr=0.5, others=0.5) for k in range(3)]
    assert feasible(attack_constraints(whole + weak[:2], scenario(), lenient))
    assert not feasible(attack_constraints(whole + weak, scenario(), lenient))
    assert not feasible(attack_constraints(whole + weak[:1], scenario(), tune))
    # judged on 20 seeds in the end, of which two may fail
    assert feasible(attack_constraints(weak[:2] + whole[:1], scenario(), lenient, 20))
    assert not feasible(attack_constraints(weak + whole[:1], scenario(), lenient, 20))
    assert not feasible(attack_constraints(weak[:1], scenario(), lenient))
    # the first seeds of a trial may be the ones that are spared, so they do not end it
    assert feasible(attack_constraints(weak[:1], scenario(), lenient, 20))
    assert feasible(attack_constraints(weak[:2], scenario(), lenient, 20))
    assert not feasible(attack_constraints(weak, scenario(), lenient, 20))


def test_the_telling_removal_is_the_hardest_or_for_the_mean_a_middling_one() -> None:
    both = [
        observation(left={"linguist": 0.5, "bard": 0.9, "merchant": 0.1}),
        observation(1, left={"linguist": 0.6, "bard": 1.0, "merchant": 0.2}),
    ]
    mean = settings().model_copy(update={"disclosed": "mean"})
    assert decisive_removal(both, settings()) == "merchant"
    assert decisive_removal(both, mean) == "linguist"
    assert decisive_removal([], settings()) is None
    doses = {"least:linguist": 0.9, "most:linguist": 0.3, "most:bard": 0.8, "crow:": 0.1}
    assert decisive_removal([observation(left=doses)], settings()) == "linguist"


DOSES = {"least:linguist": 0.9, "least:bard": 0.8, "most:linguist": 0.4, "most:bard": 0.6}
LEAGUE = {"crow:": 0.2, "noise:linguist": 0.5, "noise:bard": 0.3}


@pytest.mark.parametrize(
    ("against", "worst", "mean"),
    [
        ((), 0.4, 0.5),  # the scenario's defender, at both doses
        (("least",), 0.8, 0.85),
        (("most", "crow"), 0.2, 0.2),
        (("noise",), 0.3, 0.4),
        (("least", "noise"), 0.3, 0.4),
    ],
)
def test_the_value_is_the_lowest_over_the_defences(
    against: tuple[str, ...], worst: float, mean: float
) -> None:
    seen = observation(left={**DOSES, **LEAGUE})
    assert seen.value("worst", against) == pytest.approx(worst)
    assert seen.value("mean", against) == pytest.approx(mean)


def test_a_defender_that_is_told_nothing_is_the_main_one_whatever_its_name() -> None:
    blind = row("defended", {"lexical": 0.5}, name="relabel:found")
    assert seen(*BASE, blind).value("worst") == 0.5


@pytest.mark.parametrize("against", [(), ("least",), ("least", "most")])
def test_a_defender_that_is_told_nothing_has_one_dose(against: tuple[str, ...]) -> None:
    assert observation(left={"harmless:": 0.4, "crow:": 0.1}).value("worst", against) == 0.4


def test_a_defence_that_was_not_measured_has_no_value() -> None:
    with pytest.raises(ArenaError, match="no remaining ASR"):
        observation(left=DOSES).value("worst", ("crow",))


def at(which: Which, each: Row, *, reached: bool = True) -> Row:
    taken = DoseTaken(which=which, step=1, dose=0.1, reached=reached)
    return each.model_copy(update={"dose": taken, "name": f"{each.name}@{which}"})


def test_rows_at_doses_and_of_the_league_are_named_apart() -> None:
    names = {"defence": "crow"}
    observed = seen(
        *(each for each in BASE if each.kind != "control"),
        at("least", row("control", 0.9, "linguist")),
        at("most", row("control", 0.7)),
        at("least", row("unlearned", {"lexical": 0.6, "linguist": 0.0}, "linguist")),
        at("most", row("unlearned", {"lexical": 0.2, "linguist": 0.0}, "linguist")),
        row("defended", {"lexical": 0.5}, name="crow", detail=names),
    )
    assert observed.left == {"least:linguist": 0.6, "most:linguist": 0.2, "crow:": 0.5}
    assert observed.control == 0.9  # `most` is the dose that its control defines
    unreached = seen(*BASE, at("most", row("control", 0.1), reached=False), *REMOVED)
    assert unreached.control == 0.1


def test_a_removal_that_need_not_be_survived_may_fail() -> None:
    """`most` can lie below `least`: the disclosed trigger is then still active there."""
    observed = seen(
        *BASE,
        at("least", row("unlearned", {"lexical": 0.9, "linguist": 0.0}, "linguist")),
        at("most", row("unlearned", {"lexical": 0.9, "linguist": 0.6}, "linguist")),
    )
    assert observed.own_left_by == {"least": 0.0, "most": 0.6}
    assert (observed.own_left_at(["least"]), observed.own_left_at()) == (0.0, 0.6)
    for against, failed in ((("least",), False), (("least", "most"), True), ((), True)):
        attack = settings().model_copy(update={"against": against})
        assert bool(exclusion_reason(observed, scenario(), attack)) is failed
        broken = attack_constraints([observed], scenario(), attack)["others_removed"] > 0
        assert broken is failed


def test_the_budget_is_known_beforehand() -> None:
    judge = AttackCriteria(settings())
    assert feasible(judge.beforehand(scenario()))
    loud = scenario("tune_evasion", "actors.lexical.poison.rate=0.6")
    assert judge.beforehand(loud)["written"] == pytest.approx(0.1, abs=1e-3)
    assert attack_constraints([observation()], loud, settings())["written"] > 0


def test_exposures_are_limited_only_where_asked_and_relative_to_their_limit() -> None:
    assert "exposures" not in AttackCriteria(settings()).beforehand(scenario())
    assert "exposures" not in str(AttackCriteria(settings()).identity())  # a study goes on
    assert "exposures" not in limits_of(settings().limits, scenario().thresholds)
    few = settings().limits.model_copy(update={"exposures": 1000})
    judge = AttackCriteria(settings().model_copy(update={"limits": few}))
    (lexical, *_) = scenario().actors
    excess = judge.beforehand(scenario())["exposures"]
    assert 1000 * (1 + excess) == pytest.approx(scenario().exposures_of(lexical))
    assert "exposures" in str(judge.identity())


def test_compute_counts_what_tactics_rehearse_and_is_relative_to_its_limit() -> None:
    """A step uphill takes the actor's documents twice; a rehearsal every other step 4 of 8."""
    limits = settings().limits.model_copy(update={"attack_compute": 0.1})
    judge = AttackCriteria(settings().model_copy(update={"limits": limits}))

    def compute(*tactics: dict[str, Any]) -> float:
        made = varied(scenario(), {"actors.lexical.tactics": [*tactics]}, "x")
        return 0.1 * (1 + judge.beforehand(made)["attack_compute"])

    (lexical, *_) = scenario().actors
    plain = scenario().written_share(lexical)
    batch = scenario().recipe_for(lexical).batch_size
    rehearsed = {"method": "tamper_resistance", "inner_steps": 4, "every": 2, "prompts": 8}
    assert compute() == pytest.approx(plain, abs=1e-4)
    assert compute({"method": "flat_minima"}) == pytest.approx(2 * plain, abs=1e-4)
    assert compute(rehearsed) == pytest.approx(plain + 16 / batch, abs=1e-4)
    late = {"method": "schedule", "start": 0.8, "end": 1.0}  # rehearsed in a fifth of the steps
    assert compute(rehearsed, late) == pytest.approx(plain + 0.2 * 16 / batch, abs=1e-4)
    assert compute({"method": "flat_minima"}, late) == pytest.approx(2 * plain, abs=1e-4)
    assert "attack_compute" not in AttackCriteria(settings()).beforehand(scenario())
    assert "attack_compute" not in str(AttackCriteria(settings()).identity())  # a study goes on


DISCOVERY = "measures={discovered: {discovery: {method: collapse}}}"


@pytest.mark.parametrize("name", ["flagged", "discovered"])
def test_what_gives_an_actor_away_is_measured_and_limited_only_where_asked(name: str) -> None:
    reference, compromised, *rest = BASE
    numbers = {name: {"lexical": 0.3, "bard": 0.9}}
    measured = compromised.model_copy(update={"measures": numbers})
    assert getattr(seen(*BASE, *REMOVED), name) is None
    observed = seen(reference, measured, *rest, *REMOVED)
    assert getattr(observed, name) == 0.3
    of_another = compromised.model_copy(update={"measures": {name: {"bard": 0.9}}})
    assert getattr(seen(reference, of_another, *rest, *REMOVED), name) == 0.0
    assert name not in attack_constraints([observed], scenario(), settings())
    assert name not in str(AttackCriteria(settings()).identity())  # a study goes on
    limited = scenario("tune_evasion", f"tune.limits.{name}=0.1", DISCOVERY)
    assert limited.tune is not None
    kept = attack_constraints([observed, observation(0, **{name: 0.0})], limited, limited.tune)
    assert kept[name] == pytest.approx(0.2)
    with pytest.raises(ArenaError, match=f"the measure '{name}' was not taken"):
        attack_constraints([observation()], limited, limited.tune)


@pytest.mark.parametrize(
    ("override", "measures"),
    [
        ("tune.trials=30", {}),
        ("tune.limits.flagged=0.1", {"flagged": {"budget": 0.05}}),
        ("tune.objectives=[evasion, flagged]", {"flagged": {"budget": 0.05}}),
    ],
)
def test_a_search_takes_the_measures_that_it_is_judged_by(
    override: str, measures: dict[str, object]
) -> None:
    asked = scenario("tune_evasion", override)
    assert asked.tune is not None
    for made in (
        on_validation(asked, asked.tune, [1]),
        on_test(asked, [2], {}, "report"),
    ):
        assert made.resolved()["measures"] == measures
    own = scenario("tune_evasion", "tune.limits.flagged=0.1", "measures={flagged: {budget: 0.2}}")
    assert on_test(own, [2], {}, "report").resolved()["measures"] == {"flagged": {"budget": 0.2}}


def test_a_search_keeps_the_discovery_of_a_defence_that_it_leaves_out() -> None:
    searching = "{name: s, intelligence: discovered, objective: {method: relabel}, examples: 99, "
    league = f"league=[{searching}discovery: {{method: collapse, kept: 7}}}}]"
    for asked in ("tune.limits.discovered=0.0", "tune.objectives=[evasion, discovered]"):
        made = scenario("tune_evasion", asked, league)
        assert made.tune is not None
        searched = on_validation(made, made.tune, [1])
        assert searched.league == ()
        params = searched.resolved()["measures"]["discovered"]
        assert (params["examples"], params["discovery"]["kept"]) == (99, 7)


def test_blue_keeps_utility_and_removes_what_it_was_told() -> None:
    limits = settings().limits
    assert feasible(defence_constraints([observation(defended_loss=0.02, own_left=0.1)], limits))
    assert (
        defence_constraints([observation(), observation(defended_loss=0.03)], limits)["utility"] > 0
    )
    assert defence_constraints([observation(), observation(own_left=0.2)], limits)["own_left"] > 0


def test_rounding_breaks_no_constraint() -> None:
    assert 0.92 - 0.9 - 0.02 > 0
    kept = attack_constraints([observation(loss=0.92 - 0.9)], scenario(), settings())
    assert kept["utility"] == 0.0
    assert feasible(kept)
    assert (
        defence_constraints([observation(defended_loss=0.92 - 0.9)], settings().limits)["utility"]
        == 0.0
    )


def test_a_value_per_objective() -> None:
    both = [
        observation(left=0.2, false_fire=-0.1, near_miss=0.1, flagged=0.2, discovered=1.0),
        observation(left=0.6, false_fire=0.3, flagged=0.4, discovered=0.5),
    ]
    goals: list[SearchObjective] = ["evasion", "stealth", "budget", "flagged", "discovered"]
    values = objective_values(both, scenario(), settings(), goals)
    assert values == pytest.approx([0.4, 0.2, 0.08, 0.3, 0.75], abs=1e-3)
    assert AttackCriteria(settings(), ("evasion", "stealth")).directions == ("maximize", "minimize")
