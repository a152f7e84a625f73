"""The plan of a search: how many experiments each phase takes, and for how long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.api.ranges import Choice, Range, Real, Value, Whole, middle_of
from arena.api.world import DataRoot
from arena.cli import app
from arena.errors import InputError
from arena.execution.timings import model_key, remember_step
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.search.preview import SearchOutline, _outlined, outline, summary
from arena.search.tune import tune
from arena.store.store import Store
from tests.support import experiments


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> SearchOutline:
    """The plan of a search of two trials on two seeds, with an empty store."""
    more = {
        "tune.trials": 3,
        "tune.seeds.search": [100, 102],
        "tune.compare": ["untuned", "random"],
    }
    scenario = varied(experiments.tuned(), more, "search")
    return outline(scenario, timed(tmp_path_factory.mktemp("store"), scenario), DataRoot())


def timed(folder: Path, scenario: Scenario) -> Store:
    """An empty store that knows how long a training step takes."""
    store = Store(folder)
    remember_step(store, model_key(scenario), 0.01)
    return store


def test_the_phases_of_a_search(planned: SearchOutline) -> None:
    assert {p.phase.name: (p.phase.strategies, p.phase.experiments) for p in planned.phases} == {
        "search": (7, 14),  # three trials, as many random ones, untuned; two seeds
        "selection": (3, 3),
        "report": (3, 3),  # tuned, untuned, random
        "report, unseen defender": (3, 3),
    }


def test_a_strategy_without_each_tactic_is_planned(tmp_path: Path) -> None:
    two = [{"method": "near_miss_negatives"}, {"method": "flat_minima"}]
    more = {"tune.compare": ["untuned", "without_each"], "tune.tactics": two}
    scenario = varied(experiments.tuned(), more, "search")
    plan = outline(scenario, timed(tmp_path, scenario), DataRoot())
    assert [p.phase.strategies for p in plan.phases] == [2, 2, 4, 4]


def test_a_known_strategy_above_its_budget_is_refused(tmp_path: Path) -> None:
    more = {"tune.strategy": {"poison_budget.rate": 0.2}, "tune.limits": {"written": 0.1},
            "tune.tactics": [{"method": "poison_budget", "always": True}]}  # fmt: skip
    scenario = varied(experiments.tuned(), more, "search")
    with pytest.raises(InputError, match=r"exceeds its limit \(tune.limits.written: 0.1\)"):
        outline(scenario, timed(tmp_path, scenario), DataRoot())
    with pytest.raises(InputError, match="exceeds its limit") as caught:
        tune(scenario, out=tmp_path / "out", store=tmp_path / "store", quiet=True)
    assert caught.value.key == "tune.strategy"
    assert not (tmp_path / "out").exists()


def test_a_known_strategy_is_only_reported(tmp_path: Path) -> None:
    two = [{"method": "near_miss_negatives"}, {"method": "flat_minima", "set": {"rho": 0.1}}]
    more = {"tune.tactics": two, "tune.strategy": {"flat_minima": True}}
    compared = {"tune.compare": ["untuned", "random", "without_each"], "tune.seeds.search": []}
    scenario = varied(experiments.tuned(), {**more, **compared}, "search")
    plan = outline(scenario, timed(tmp_path, scenario), DataRoot())
    assert {p.phase.name: p.phase.strategies for p in plan.phases} == {
        "report": 3,  # the strategy, untuned, and the strategy without its tactic
        "report, unseen defender": 3,
    }


def test_what_strategies_share_runs_once(planned: SearchOutline) -> None:
    for each in planned.phases:
        assert each.own > 0  # at least poison, its training, the removal and the scores
        assert each.shared > 0  # clean data and base


def test_time_grows_with_experiments_and_shared_stages_count_once(
    planned: SearchOutline, tmp_path: Path
) -> None:
    phase = planned.phases[0].phase
    store = timed(tmp_path, phase.plain)

    def seconds(strategies: int) -> float:
        found = _outlined(replace(phase, strategies=strategies), store, DataRoot(), 1).seconds
        assert found is not None
        return found

    none, one, two = seconds(0), seconds(1), seconds(2)
    assert 0 < none < one < two
    assert two - one == pytest.approx(one - none)


def test_the_whole_is_the_sum(planned: SearchOutline) -> None:
    assert planned.seconds == pytest.approx(sum(p.seconds or 0.0 for p in planned.phases))
    assert "at most 23 experiments" in summary(planned)


def test_an_unknown_time_is_said(planned: SearchOutline) -> None:
    unknown = replace(planned, phases=(replace(planned.phases[0], seconds=None),))
    assert unknown.seconds is None
    assert "time unknown" in summary(unknown)


@pytest.mark.parametrize(
    ("values", "middle"),
    [
        (Choice(options=(False, True)), True),
        (Real(low=0.0, high=1.0), 0.5),
        (Real(low=1e-4, high=1e-2, log=True), pytest.approx(1e-3)),
        (Whole(low=2, high=5), 4),
    ],
)
def test_the_middle_of_a_range(values: Range, middle: Value) -> None:
    assert middle_of(values) == middle


@pytest.mark.parametrize("command", ["tune", "duel"])
def test_a_scenario_without_a_search_has_no_plan(command: str) -> None:
    result = CliRunner().invoke(app, [command, "quickstart", "--plan"])
    assert result.exit_code == 2
    assert f"{command}: the scenario has no such section" in result.stderr
