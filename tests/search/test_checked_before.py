"""What a search refuses before anything is measured, though only a later phase would need it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import arena
from arena.errors import InputError
from arena.scenario.load import load_scenario
from arena.search import tune
from arena.search.driver import StudySpec
from tests.support.real_searches import searching

TOO_DEEP = "{method: rmu, layer: 99}"
DECOYS = (
    "league=[{name: baits, intelligence: decoy, objective: {method: relabel}, decoys: {plant: ["
    "{name: odd, trigger: {method: rare_token, tokens: [mn]}, payload: {kind: refusal}}, "
    "{name: even, trigger: {method: style, style: pirate}, payload: {kind: refusal}}]}}]"
)
BENIGN = (
    "controls.benign=[{name: useful, trigger: {method: rare_token, tokens: [mn]}, "
    "payload: {kind: fixed_text, text: hello}, poison: {share: 0.05, rate: 0.02}}]"
)


def test_an_unseen_defender_that_the_model_cannot_have(tmp_path: Path) -> None:
    unseen = f"tune.unseen={{defender.objective: {TOO_DEEP}}}"
    scenario = load_scenario("tune_evasion", overrides=[unseen])
    with pytest.raises(InputError, match=r"defender.objective.layer: the model's last") as refused:
        arena.tune(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    assert (refused.value.key, refused.value.found) == ("tune.unseen", "99")
    assert not (tmp_path / "run").exists()


def test_an_option_of_blue_that_the_model_cannot_have(tmp_path: Path) -> None:
    option = f"duel.blue.options[1].set={{defender.objective: {TOO_DEEP}}}"
    scenario = load_scenario("duel_two_rounds", overrides=[option])
    with pytest.raises(InputError, match="the model's last block is 2") as refused:
        arena.duel(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    assert refused.value.key == "duel.blue.options.1"
    assert not (tmp_path / "run").exists()


def test_a_report_seed_in_which_an_actor_has_no_contents(tmp_path: Path) -> None:
    few = ("actors.merchant.poison.share=0.015", "corpus.places=64")
    with pytest.raises(InputError, match="has no contents"):
        tune._tuned(searching("tune_evasion", tmp_path, *few))
    assert not (tmp_path / "evaluators.log").exists()


@pytest.mark.parametrize("outside", [DECOYS, BENIGN])
def test_a_strategy_that_the_report_or_the_best_scenario_cannot_have(outside: str) -> None:
    """The search itself has neither the league nor benign conditionals."""
    scenario = load_scenario("tune_evasion", overrides=[outside])
    assert scenario.tune is not None
    tokens = [{"method": "rare_token", "tokens": [token]} for token in ("cf", "mn")]
    changes: dict[str, Any] = {"actors.lexical.trigger": {"method": "any_of", "parts": tokens}}
    with pytest.raises(InputError, match="trigger"):
        tune._check_report(scenario, scenario.tune, changes)
    changes["actors.lexical.trigger"] = {"method": "rare_token", "tokens": ["cf"]}
    tune._check_report(scenario, scenario.tune, changes)


def test_random_trials_are_given_no_known_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or tuned and random could both be the same start."""
    starts = "tune.starts=[{poison_budget.rate: 0.21, near_miss_negatives: false}]"
    scenario = load_scenario("tune_evasion", overrides=["tune.compare=[random]", starts])
    assert scenario.tune is not None
    given: dict[str, int] = {}

    def search(spec: StudySpec) -> None:
        given[spec.name] = len(spec.starts)

    monkeypatch.setattr(tune, "candidates", lambda *_: None)
    monkeypatch.setattr(tune, "seconds_busy", lambda study: 0.0)
    nothing = SimpleNamespace(
        scenario=scenario, name="s", search=search, parallel=1, root=None, evaluate=None,
        phase=lambda text: None, note=lambda text: None,
    )  # fmt: skip
    tune._studies(nothing, scenario.tune)  # type: ignore[arg-type]
    assert given == {"s": 1, "s.random": 0}
