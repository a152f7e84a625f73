"""The sections tune and duel: every wrong input is one error with its place."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from arena.errors import InputError
from arena.scenario.load import dump, from_text
from arena.scenario.problems import InputErrors
from tests.support.observations import DUEL, TUNE, edited, line_of, scenario


@dataclass(frozen=True)
class Wrong:
    """An edit of a scenario and its error: the key, the value found, the values allowed."""

    name: str
    text: str
    old: str
    new: str
    key: str
    rule: str
    found: str | None = None
    allowed: tuple[str, ...] = ()


NAMES = ("lexical", "linguist", "bard", "merchant")
DECOY = "{method: decoy_immunisation, space: {rate: {low: 0.05}}}"
NEAR = "{method: near_miss_negatives, space: {rate: {high: 0.2}}}"
STEPS = "defender.steps: {low: 20, high: 60}"
TACTIC = "tune.tactics[1]"
OPTION = "duel.blue.options[0].space"
NPO = "set: {defender.objective: {method: npo}}"


def decoy(rest: str) -> str:
    return f"{{method: decoy_immunisation, {rest}}}"


WRONG = (
    Wrong("actor", TUNE, "  actor: lexical", "  actor: lexicl", "tune.actor",
          "no actor has this name", "lexicl", NAMES),
    Wrong("actor of a duel", DUEL, "  actor: lexical", "  actor: nobody", "duel.actor",
          "no actor has this name", "nobody", NAMES),
    Wrong("seeds", TUNE, "select: [102,", "select: [101,", "tune.seeds.select[0]",
          "this seed is already in seeds.search", "101"),
    Wrong("reported on", TUNE, "report: [20,", "report: [104,", "tune.seeds.report[0]",
          "this seed is already in seeds.select", "104"),
    Wrong("seed twice", DUEL, "select: [201, 202]", "select: [201, 201]",
          "duel.seeds.select[1]", "this seed is already in seeds.select", "201"),
    Wrong("tactic", TUNE, NEAR, "{method: near_miss_negative}", "tune.tactics[2].method",
          "unknown tactic", "near_miss_negative", ("near_miss_negatives",)),
    Wrong("strategy", TUNE, "  best: 6",
          "  strategy: {poison_budget.rate: 0.1, poison_budget.rat: 0.1}\n  best: 6",
          "tune.strategy.poison_budget.rat", "no parameter of this search", "poison_budget.rat"),
    Wrong("strategy outside", TUNE, "  best: 6", "  strategy: {poison_budget.rate: 0.9}\n  best: 6",
          "tune.strategy.poison_budget.rate", "lies outside the searched range", "0.9",
          ("0.05", "0.3")),
    Wrong("strategy in part", TUNE, "  best: 6",
          "  strategy: {poison_budget.rate: 0.1, near_miss_negatives: true,"
          " near_miss_negatives.rate: 0.1, near_miss_negatives.distance: nearest}\n  best: 6",
          "tune.strategy.near_miss_negatives.variety", "is missing: the strategy uses this tactic"),
    Wrong("strategy with more", TUNE, "  best: 6",
          "  strategy: {poison_budget.rate: 0.1, near_miss_negatives.rate: 0.1}\n  best: 6",
          "tune.strategy.near_miss_negatives.rate", "belongs to a tactic that the strategy does not"
          " use (near_miss_negatives: true uses it)", "0.1"),
    Wrong("no selection", TUNE, "    select: [102, 103, 104, 105, 106]",
          "    select: []", "tune.seeds.select", "needs one seed or more", "[]"),
    Wrong("start", TUNE, "  best: 6", "  starts: [{poison_budget.rat: 0.1}]\n  best: 6",
          "tune.starts[0].poison_budget.rat", "no parameter of this search", "poison_budget.rat"),
    Wrong("start outside", TUNE, "  best: 6", "  starts: [{poison_budget.rate: 0.9}]\n  best: 6",
          "tune.starts[0].poison_budget.rate", "lies outside the searched range", "0.9",
          ("0.05", "0.3")),
    Wrong("start of another kind", TUNE, "  best: 6",
          "  starts: [{decoy_immunisation: 1}]\n  best: 6", "tune.starts[0].decoy_immunisation",
          "lies outside the searched range", "1", ("False", "True")),
    Wrong("against a dose", TUNE, "  best: 6", "  best: 6\n  against: [least]",
          "tune.against[0]", "the defender is judged at doses only with", "least"),
    Wrong("league named like a dose", TUNE, "tune:\n",
          "league:\n  - {name: least, objective: {method: npo}}\ntune:\n", "league[0].name",
          "tune calls a dose of the defender so", "least"),
    Wrong("against nobody", TUNE, "  best: 6", "  best: 6\n  against: [crow]",
          "tune.against[0]", "no defence of the league has this name", "crow"),
    Wrong("against the unseen defender", TUNE, "tune:\n", "league:\n  - {name: crow, "
          "intelligence: blind, objective: {method: crow}}\n  - {name: seen, objective: {method: "
          "self_distillation}}\ntune:\n  against: [crow, seen]\n", "tune.against[1]",
          "has the objective of tune.unseen", "seen", ("crow",)),
    Wrong("at once more than there are", TUNE, "  best: 6", "  best: 6\n  at_once: 3",
          "tune.at_once", "must be at most the number of tactics that are not always used", "3"),
    Wrong("at once by gp", TUNE, "  best: 6", "  best: 6\n  at_once: 1\n  sampler: {method: gp}",
          "tune.sampler.method", "models only parameters that every strategy has", "gp",
          ("tpe", "random")),
    Wrong("start of too many", TUNE, "  best: 6", "  best: 6\n  at_once: 1\n"
          "  starts: [{decoy_immunisation: true, near_miss_negatives: true}]", "tune.starts[0]",
          "uses 2 tactics where at_once allows 1", "decoy_immunisation, near_miss_negatives"),
    Wrong("no effect when pooled", TUNE, NEAR, "{method: own_training}", "tune.tactics[2].method",
          "the actor has no training of its own under this composition", "pooled",
          ("sequential", "merged", "supply_chain")),
    Wrong("tactic twice", TUNE, NEAR, DECOY, "tune.tactics[2].method",
          "this tactic is already in the list", "decoy_immunisation"),
    Wrong("unknown to set", TUNE, DECOY, decoy("set: {kind: words}"), f"{TACTIC}.set.kind",
          "decoy_immunisation has no such parameter", "kind", ("rate", "kinds", "variety")),
    Wrong("unknown to search", TUNE, DECOY, decoy("space: {rat: {low: 0.1}}"),
          f"{TACTIC}.space.rat", "decoy_immunisation has no such parameter to search", "rat",
          ("rate", "kinds", "variety")),
    Wrong("set to what it cannot be", TUNE, DECOY, decoy("set: {rate: 7}"), f"{TACTIC}.set.rate",
          "must be in [0, 0.5]", "7"),
    Wrong("range of what it cannot be", TUNE, DECOY, decoy("space: {rate: {high: 0.9}}"),
          f"{TACTIC}.space.rate", "must be in [0, 0.5]", "0.9"),
    Wrong("choice of what it cannot be", TUNE, DECOY, decoy("space: {kinds: {options: [wrds]}}"),
          f"{TACTIC}.space.kinds", "unknown value", "'wrds'", ("both", "words", "ways")),
    Wrong("range in no order", TUNE, DECOY, decoy("space: {rate: {low: 0.4}}"),
          f"{TACTIC}.space.rate", "low must not be above high, got 0.4 and 0.25"),
    Wrong("range from 0", TUNE, DECOY, decoy("space: {rate: {low: 0}}"),
          f"{TACTIC}.space.rate", "a logarithmic range must begin above 0, got 0"),
    Wrong("limit as text", TUNE, DECOY, decoy('space: {rate: {low: "0.1"}}'),
          f"{TACTIC}.space.rate.low", "must be a number", "'0.1'"),
    Wrong("limit's name", TUNE, DECOY, decoy("space: {rate: {lo: 0.1}}"),
          f"{TACTIC}.space.rate.lo", "unknown key", "lo", ("log", "low", "high")),
    Wrong("no options", TUNE, DECOY, decoy("space: {kinds: {options: []}}"),
          f"{TACTIC}.space.kinds.options", "must not be empty", "[]"),
    Wrong("prune", TUNE, "objectives: [evasion]", "objectives: [evasion, stealth]\n  prune: true",
          "tune.prune", "pruning needs a single objective", "true"),
    Wrong("no evasion", TUNE, "objectives: [evasion]", "objectives: [stealth]",
          "tune.objectives", "must begin with evasion", "stealth", ("evasion",)),
    Wrong("evasion is not first", TUNE, "objectives: [evasion]", "objectives: [budget, evasion]",
          "tune.objectives", "must begin with evasion", "budget, evasion", ("evasion",)),
    Wrong("fixed and searched", TUNE, DECOY, decoy("set: {rate: 0.1}, space: {rate: {high: 0.2}}"),
          f"{TACTIC}.space.rate", "is already fixed by `set`", "rate"),
    Wrong("objective twice", TUNE, "objectives: [evasion]", "objectives: [evasion, evasion]",
          "tune.objectives", "an objective occurs twice"),
    Wrong("best of fewer", TUNE, "trials: 40", "trials: 2", "tune.best",
          "must be at most 2, the number of trials", "6"),
    Wrong("unseen has it disclosed", TUNE, "defender.steps: 40", "defender.target: lexical",
          "tune.unseen.defender.target", "is the adaptive actor itself", "lexical"),
    Wrong("not the defender's", DUEL, STEPS, "training.x: {low: 20, high: 60}",
          f"{OPTION}.training.x", "must be a key of the defender", "training.x"),
    Wrong("its budget", DUEL, STEPS, "defender.compute: {low: 0.1, high: 0.2}",
          f"{OPTION}.defender.compute", "is set by duel.compute", "defender.compute"),
    Wrong("blue has it disclosed", DUEL, NPO, "set: {defender.target: lexical}",
          "duel.blue.options[1].set.defender.target", "is the adaptive actor itself", "lexical"),
    Wrong("blue may have it disclosed", DUEL, STEPS, "defender.target: {options: [bard, lexical]}",
          f"{OPTION}.defender.target", "is the adaptive actor itself", "lexical"),
    Wrong("blue's is fixed and searched", DUEL, NPO,
          "set: {defender.objective: {method: npo}, defender.steps: 30}",
          "duel.blue.options[1].space.defender.steps", "is already fixed by `set`",
          "defender.steps"),
    Wrong("blue's range", DUEL, STEPS, "defender.steps: {low: 70, high: 60}",
          f"{OPTION}.defender.steps", "low must not be above high, got 70 and 60"),
    Wrong("blue's limit", DUEL, STEPS, "defender.steps: {low: 20, high: 60, lg: true}",
          f"{OPTION}.defender.steps.lg", "unknown key", "lg"),
    Wrong("option's name", DUEL, "name: npo", "name: relabel", "duel.blue.options[1].name",
          "another option has this name", "relabel"),
    Wrong("most rounds", DUEL, "  rounds: 2 ", "  rounds: 4 ", "duel.most_rounds",
          "must be at least rounds (4)", "2"),
    Wrong("start's option", DUEL, "    trials: 8\n    options",
          "    trials: 8\n    starts: [{defender.steps: 30}]\n    options",
          "duel.blue.starts[0].option", "is missing: a start is one of the options"),
    Wrong("start by number", DUEL, "    trials: 8\n    options",
          "    trials: 8\n    starts: [{option: 5}]\n    options",
          "duel.blue.starts[0].option", "no option of blue has this name", "5"),
    Wrong("untried starts", DUEL, "    trials: 8\n    options",
          "    trials: 1\n    starts: [{option: npo}, {option: crow}]\n    options",
          "duel.blue.starts", "has 2 strategies, more than the 1 of `trials`"),
    Wrong("start of no option", DUEL, "    trials: 8\n    options",
          "    trials: 8\n    starts: [{option: nope}]\n    options",
          "duel.blue.starts[0].option", "no option of blue has this name", "nope"),
    Wrong("start out of range", DUEL, "    trials: 8\n    options",
          "    trials: 8\n    starts: [{option: npo, defender.steps: 61}]\n    options",
          "duel.blue.starts[0].defender.steps", "lies outside the searched range", "61"),
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_wrong_search_is_one_error_with_its_place(wrong: Wrong) -> None:
    with pytest.raises(InputErrors) as caught:
        edited(wrong.text, (wrong.old, wrong.new))
    (error,) = caught.value.errors
    assert error.file == "scenario.yaml"
    assert error.key == wrong.key
    assert error.message.startswith(wrong.rule)
    if wrong.found is not None:
        assert error.found == wrong.found
    assert set(wrong.allowed) <= set(error.allowed)
    text = wrong.text.replace(wrong.old, wrong.new, 1)
    section = line_of(text, f"\n{wrong.key.split('.')[0].partition('[')[0]}:") + 1
    assert error.line is not None
    assert section <= error.line <= text.count("\n")


def test_the_line_is_the_wrong_values_own() -> None:
    new = decoy("set: {kind: words}")
    with pytest.raises(InputError) as caught:
        edited(TUNE, (DECOY, new))
    assert caught.value.line == line_of(TUNE, DECOY)
    assert "did you mean 'kinds'?" in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (("intelligence: disclosed", "intelligence: disclosed\n  target: lexical"),
         "tune.actor: the defender's target is the adaptive actor itself"),
        (("composition: pooled", "composition: solo"),
         "composition: tune needs one model with all actors' backdoors, got solo"),
        ((TUNE[TUNE.index("  - name: linguist") : TUNE.index("defender:    ")], ""),
         "tune.actor: needs another actor"),
    ],
)  # fmt: skip
def test_there_must_be_something_to_evade(edit: tuple[str, str], rule: str) -> None:
    with pytest.raises(InputErrors) as caught:
        edited(TUNE, edit)
    assert len(caught.value.errors) == 1
    assert rule in str(caught.value)


@pytest.mark.parametrize("name", ["tune_evasion", "duel", "duel_two_rounds"])
def test_the_bundled_searches_load_back(name: str) -> None:
    assert from_text(dump(scenario(name))) == scenario(name)


def test_pruning_is_for_one_objective_unless_said() -> None:
    def prunes(*edits: tuple[str, str]) -> bool:
        made = edited(TUNE, *edits).tune
        assert made is not None
        return made.prunes

    assert prunes()
    assert not prunes(("objectives: [evasion]", "objectives: [evasion, budget]"))
    assert not prunes(("objectives: [evasion]", "objectives: [evasion]\n  prune: false"))
