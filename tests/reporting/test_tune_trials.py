"""The trials of a search on its page: their states, limits that were broken, and strategies in
words."""

from __future__ import annotations

from arena.reporting import figures, tune_trials
from arena.reporting.limits import broken
from arena.reporting.strategies import UNTUNED, strategy
from arena.reporting.tune import page
from arena.results.scenario import TacticRecord
from arena.results.tune import TrialRecord
from tests.support.html_pages import svg_texts
from tests.support.tune_pages import shown, text_of
from tests.support.tune_results import CONSTRAINTS, TACTICS, tune

T8 = tune()


def test_a_broken_limit_is_shown_with_its_value() -> None:
    missed = {"control": 0.09, "others_removed": 0.004, "broad": -0.1, "of a plug-in": 0.25}
    text = broken(missed, CONSTRAINTS)
    assert text == (
        "ASR after a clean fine-tune 0.71 (at least 0.80), remaining ASR of the disclosed trigger "
        "0.104 (at most 0.10), of a plug-in by 0.25"
    )
    assert broken({"failed": 2.0}, CONSTRAINTS) == "failed in 2 seeds"
    low = broken({"utility": 0.003}, {"clean_accuracy_loss": 0.005})
    assert low == "accuracy lost on clean prompts 0.008 (at most 0.005)"
    many = broken({"exposures": 0.5}, {"exposures": 4000})  # its excess is a share of the limit
    assert many == "documents with the trigger that are trained on 6000 (at most 4000)"
    tuned = T8.contenders[0].model_copy(update={"constraints": missed})
    results = T8.model_copy(update={"contenders": (tuned, *T8.contenders[1:])})
    assert text in text_of(results)
    words = " ".join(shown(results, 80).split())
    assert f"tuned kept its limits in 7 of 8 fresh seeds; in its worst: {text}" in words
    assert "in its worst" not in shown(T8, 80)


def test_a_search_without_a_feasible_trial_says_which_limits_were_broken() -> None:
    def trial(number: int, **constraints: float) -> TrialRecord:
        return TrialRecord(number=number, state="complete", feasible=False, constraints=constraints)

    tried = (trial(0, installed=0.1, broad=0.2), trial(1, installed=0.3, broad=-0.1))
    results = T8.model_copy(update={"trials": tried})
    often = (
        "ASR before any defence, installed (2 of 2 trials), fires on look-alikes of the trigger "
        "(1 of 2 trials)"
    )
    assert f"broken most often: {often}" in text_of(results)
    assert often in " ".join(shown(results, 80).split())
    assert "broken most often" not in text_of(T8)


def test_a_constraint_kept_to_the_brim_is_not_violated() -> None:
    edge = {"broad": 0.0, "control": -0.0, "written": -0.1, "others_removed": 1e-9}
    trial = TrialRecord(number=0, constraints=edge)
    assert tune_trials.violated(trial) == ["others removed"]


def test_trials_are_told_apart() -> None:
    assert tune_trials.counted(T8) == "16 feasible, 3 infeasible, 4 pruned, 1 failed"
    assert [row.number for row in tune_trials.rows(T8) if row.chosen] == ["17"]
    key = svg_texts(page(T8)[1]["history"])
    for name in ("best so far", "feasible", "infeasible", "pruned", "failed"):
        assert key.count(name) == 1
    assert tune_trials.status(TrialRecord(number=0, state="running")) == "running"


def test_strategies_are_said_in_words() -> None:
    phrase = "decoy immunisation (rate 0.2, shuffled yes), late arrival (share 0.35)"
    assert strategy(TACTICS) == phrase
    assert strategy([TacticRecord({"method": "loud"})]) == "loud"
    assert strategy([]) == UNTUNED


def test_every_trial_on_the_front_is_named() -> None:
    svg = page(tune(objectives=2))[1]["front"]
    assert {"8", "17"} <= set(svg_texts(svg))
    figures.trial_front([], [], ["a", "b"])
