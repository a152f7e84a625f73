"""What `auto` becomes: chosen by measurements, which are taken once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from arena.engine import calibrate
from arena.engine.calibrate import Profile, choose, planned_steps, settled
from arena.engine.numerics import profile
from arena.engine.plan import plan_seed
from arena.errors import ArenaError
from arena.roles import DataRoot
from arena.scenario.schema import Scenario

AUTO = "numerics={threads: auto, precision: auto, compile: auto}"


def answering(table: Mapping[tuple[int, str, bool], float]) -> calibrate.Ask:
    """Seconds of a step by threads, precision and compilation; whatever is not named hangs."""

    def ask(n: int, settings: Mapping[str, Any]) -> float:
        return table[settings["threads"], settings["precision"], settings["compile"]]

    return ask


FP, BF = "float32", "bfloat16"


@pytest.mark.parametrize(
    ("single", "double", "threads"), [(1.0, 0.6, 1), (1.0, 0.49, 2), (math.inf, 0.6, 2)]
)
def test_threads_are_those_that_train_most_in_all(
    single: float, double: float, threads: int
) -> None:
    """Two workers of one thread against one of two: more threads must more than halve a step."""
    table = {(1, FP, False): single, (2, FP, False): double}
    table |= {(k, BF, False): 9.0 for k in (1, 2)}
    assert choose(answering(table), 2, 10, "cpu") == Profile(threads, FP, False)


@pytest.mark.parametrize(("half", "precision"), [(0.95, FP), (0.8, BF), (math.inf, FP)])
def test_a_reduced_precision_must_be_clearly_faster(half: float, precision: str) -> None:
    table = {(1, FP, False): 1.0, (1, BF, False): half}
    assert choose(answering(table), 1, 10, "cpu").precision == precision


@pytest.mark.parametrize(
    ("steps", "compiled_step", "compile"),
    [(10, 0.1, False), (2000, 0.1, True), (2000, 0.95, False)],
)
def test_compilation_is_for_long_runs_that_it_helps(
    steps: int, compiled_step: float, compile: bool
) -> None:
    table = {(1, FP, False): 1.0, (1, BF, False): 2.0, (1, FP, True): compiled_step}
    assert choose(answering(table), 1, steps, "cpu").compile is compile


def test_a_gpu_is_not_measured_with_many_threads() -> None:
    table = {(1, FP, False): 1.0, (1, BF, False): 0.5}
    assert choose(answering(table), 16, 10, "cuda") == Profile(1, BF, False)


@given(
    st.integers(1, 16),
    st.integers(1, 10_000),
    st.dictionaries(st.integers(1, 16), st.floats(0.01, 10), min_size=0),
)
def test_the_choice_is_always_one_that_the_machine_can_do(
    cores: int, steps: int, times: dict[int, float]
) -> None:
    def ask(n: int, settings: Mapping[str, Any]) -> float:
        assert 1 <= n * settings["threads"] <= cores
        return times.get(settings["threads"], 1.0)

    found = choose(ask, cores, steps, "cpu")
    assert found.threads <= cores
    assert found.precision == FP  # never faster in this machine


class Fake:
    """Stands in for the measuring processes, and counts what they are asked."""

    asked: list[dict[str, Any]] = []

    def __init__(self, workload: Mapping[str, Any], most: int, note: calibrate.Note) -> None: ...

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *raised: object) -> None: ...

    def ask(self, n: int, settings: Mapping[str, Any]) -> float:
        self.asked.append(dict(settings))
        return 0.1 / settings["threads"] ** 0.5


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[Fake]:
    monkeypatch.setattr(calibrate, "_Meters", Fake)
    monkeypatch.setattr(calibrate.os, "cpu_count", lambda: 4)
    Fake.asked = []
    return Fake


def settle(scenario: Scenario, store: Path) -> Scenario:
    return settled(scenario, store, DataRoot(), lambda text: None)


def test_what_is_settled_is_not_measured(fake: type[Fake], tmp_path: Path) -> None:
    scenario = toys.scenario()
    assert settle(scenario, tmp_path) is scenario
    assert fake.asked == []


def test_every_auto_is_replaced_and_remembered(fake: type[Fake], tmp_path: Path) -> None:
    first = settle(toys.scenario(AUTO), tmp_path).numerics
    assert (first.threads, first.precision, first.compile) == (1, FP, False)
    assert [a["threads"] for a in fake.asked] == [1, 2, 4, 1]
    fake.asked.clear()
    assert settle(toys.scenario(AUTO), tmp_path).numerics == first
    assert fake.asked == []


def test_another_model_is_measured_anew(fake: type[Fake], tmp_path: Path) -> None:
    settle(toys.scenario(AUTO), tmp_path)
    fake.asked.clear()
    settle(toys.scenario(AUTO, "model.size=micro"), tmp_path)
    assert len(fake.asked) == 4


def test_only_what_is_open_is_replaced(fake: type[Fake], tmp_path: Path) -> None:
    found = settle(toys.scenario("numerics.threads=auto", "numerics.precision=bfloat16"), tmp_path)
    assert (found.numerics.threads, found.numerics.precision) == (1, BF)


def test_a_longer_run_adds_to_what_is_remembered(fake: type[Fake], tmp_path: Path) -> None:
    settle(toys.scenario(AUTO), tmp_path)
    fake.asked.clear()
    long = toys.scenario(AUTO, "training.pretraining.steps=100000")
    assert settle(long, tmp_path).numerics.compile is False
    assert [a["compile"] for a in fake.asked] == [True]
    fake.asked.clear()
    settle(toys.scenario(AUTO), tmp_path)
    assert fake.asked == []
    (file,) = (tmp_path / "profiles").iterdir()
    assert len(json.loads(file.read_text())["seconds"]) == 5


def test_every_setting_decides_the_addresses() -> None:
    """Those that a step's floats depend on: a model trained otherwise is another model."""
    plain = toys.scenario()
    addresses = set()
    for change in (
        "threads=2",
        "precision=bfloat16",
        "compile=true",
        "micro_batch=8",
        "checkpointing=true",
    ):
        scenario = toys.scenario(f"numerics.{change}")
        assert profile(scenario.numerics) != profile(plain.numerics)
        plan = plan_seed(scenario, 0, DataRoot())
        addresses.add(plan.rows[-1].model)
    assert len(addresses) == 5


@pytest.mark.parametrize("seeds", [1, 3])
def test_planned_steps_are_those_of_the_plan(seeds: int) -> None:
    scenario = toys.changed(toys.scenario(), lambda v: v.update(seeds=list(range(seeds))))
    plans = [plan_seed(scenario, seed, DataRoot()) for seed in scenario.seeds]
    planned = sum(node.steps or 0 for plan in plans for node in plan.nodes.values())
    assert planned_steps(scenario) == planned


def test_processes_that_cannot_measure_are_told(tmp_path: Path) -> None:
    with (
        pytest.raises(ArenaError, match=r"numerics\.threads"),
        calibrate._Meters({"device": "cpu", "nonsense": 1}, 1, lambda text: None) as meters,
    ):
        meters.ask(1, {})


def test_processes_measure_and_end() -> None:
    """The real thing, at its smallest; a setting that cannot work is infinitely slow."""
    workload = {
        "device": "cpu",
        "batch_size": 2,
        "family": "llama",
        "size": "nano",
        "vocabulary": 300,
    }
    with calibrate._Meters(workload, 1, lambda text: None) as meters:
        assert 0 < meters.ask(1, {"threads": 1, "precision": FP, "compile": False}) < 60
        assert meters.ask(1, {"threads": 0, "precision": FP, "compile": False}) == math.inf
        running = meters._running
    assert all(process.poll() is not None for process in running)
