"""What `auto` becomes: chosen by measurements, which are taken once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution import calibrate
from arena.execution.calibrate import Profile, choose, settled
from arena.ml.measuring import Workload
from arena.planning.numerics import profile
from arena.planning.plan import plan_seed
from arena.scenario.schema import Scenario
from tests.support import toys

AUTO = "numerics={threads: auto, precision: auto}"
FP, BF = "float32", "bfloat16"


def answering(table: Mapping[tuple[int, str], float]) -> calibrate.Ask:
    """Seconds of a step by threads and precision; asking for anything else is an error."""
    return lambda n, settings: table[settings["threads"], settings["precision"]]


@pytest.mark.parametrize(
    ("single", "double", "threads"), [(1.0, 0.6, 1), (1.0, 0.49, 2), (math.inf, 0.6, 2)]
)
def test_threads_are_those_that_train_most_in_all(
    single: float, double: float, threads: int
) -> None:
    """Two workers of one thread against one of two: more threads must more than halve a step."""
    table = {(1, FP): single, (2, FP): double, (1, BF): 9.0, (2, BF): 9.0}
    assert choose(answering(table), 2) == Profile(threads, FP)


@pytest.mark.parametrize(("half", "precision"), [(0.95, FP), (0.8, BF), (math.inf, FP)])
def test_a_reduced_precision_must_be_clearly_faster(half: float, precision: str) -> None:
    table = {(1, FP): 1.0, (1, BF): half}
    assert choose(answering(table), 1).precision == precision


def test_a_gpu_is_not_measured_with_many_threads() -> None:
    assert choose(answering({(1, FP): 1.0, (1, BF): 0.5}), 16, "cuda") == Profile(1, BF)


def test_what_is_given_is_not_searched() -> None:
    """And the rest is judged as it will be used."""
    assert choose(answering({(8, FP): 1.0, (8, BF): 0.5}), 16, threads=8) == Profile(8, BF)
    table = {(1, BF): 1.0, (2, BF): 0.4}
    assert choose(answering(table), 2, precision=BF) == Profile(2, BF)
    assert choose(answering({}), 2, threads=2, precision=BF) == Profile(2, BF)


def test_one_worker_gets_the_threads_that_serve_it_best() -> None:
    table = {(1, FP): 1.0, (2, FP): 0.6, (4, FP): 0.5, (1, BF): 9.0, (2, BF): 9.0, (4, BF): 9.0}
    assert choose(answering(table), 4).threads == 1
    assert choose(answering(table), 4, workers=1).threads == 4


@given(st.integers(1, 16), st.dictionaries(st.integers(1, 16), st.floats(0.01, 10)))
def test_the_choice_is_always_one_that_the_machine_can_do(
    cores: int, times: dict[int, float]
) -> None:
    def ask(n: int, settings: Mapping[str, Any]) -> float:
        assert 1 <= n * settings["threads"] <= cores
        return times.get(settings["threads"], 1.0)

    found = choose(ask, cores)
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
    assert (first.threads, first.precision) == (1, FP)
    assert [a["threads"] for a in fake.asked] == [1, 2, 4, 1]
    fake.asked.clear()
    assert settle(toys.scenario(AUTO), tmp_path).numerics == first
    assert fake.asked == []


def test_how_long_a_run_is_changes_nothing(fake: type[Fake], tmp_path: Path) -> None:
    """More seeds, actors or steps must find the artifacts of fewer."""
    first = settle(toys.scenario(AUTO), tmp_path).numerics
    fake.asked.clear()
    more = toys.changed(toys.scenario(AUTO), lambda v: v.update(seeds=list(range(99))))
    assert settle(more, tmp_path).numerics == first
    assert settle(toys.scenario(AUTO, "defender.target=bard"), tmp_path).numerics == first
    assert fake.asked == []


def test_wrong_input_is_told_before_measuring_and_only_then(
    fake: type[Fake], tmp_path: Path
) -> None:
    """Not at every start: a profile that is remembered costs nothing."""

    def wrong() -> None:
        raise ArenaError("no such file")

    def attempt() -> Scenario:
        scenario = toys.scenario(AUTO)
        return settled(scenario, tmp_path, DataRoot(), lambda text: None, check=wrong)

    with pytest.raises(ArenaError, match="no such file"):
        attempt()
    assert fake.asked == []
    settle(toys.scenario(AUTO), tmp_path)
    assert attempt().numerics.threads == 1


def test_another_model_is_measured_anew(fake: type[Fake], tmp_path: Path) -> None:
    settle(toys.scenario(AUTO), tmp_path)
    fake.asked.clear()
    settle(toys.scenario(AUTO, "model.size=micro"), tmp_path)
    assert len(fake.asked) == 4


def test_only_what_is_open_is_replaced(fake: type[Fake], tmp_path: Path) -> None:
    found = settle(toys.scenario("numerics.threads=auto", "numerics.precision=bfloat16"), tmp_path)
    assert (found.numerics.threads, found.numerics.precision) == (1, BF)
    assert {a["precision"] for a in fake.asked} == {BF}


def test_a_failed_measurement_is_told_and_not_remembered(
    fake: type[Fake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Fake, n: int, settings: Mapping[str, Any]) -> float:
        raise ArenaError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(fake, "ask", fail)
        with pytest.raises(ArenaError, match="out of memory"):
            settle(toys.scenario(AUTO), tmp_path)
    assert settle(toys.scenario(AUTO), tmp_path).numerics.threads == 1
    assert len(fake.asked) == 4


def test_a_store_that_is_only_read_is_no_obstacle(
    fake: type[Fake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered there is used; what is not is measured and forgotten."""

    def refuse(self: object, address: str) -> Any:
        raise ArenaError("cannot be written")

    monkeypatch.setattr("arena.store.store.Store.claim", refuse)
    (tmp_path / "profiles").write_text("in the way of a folder")
    assert settle(toys.scenario(AUTO), tmp_path).numerics.threads == 1
    assert (tmp_path / "profiles").is_file()


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


WORKLOAD = {"device": "cpu", "batch_size": 2, "family": "llama", "size": "nano", "vocabulary": 300}


def test_processes_that_cannot_measure_are_told() -> None:
    silent = calibrate._Meters({"device": "cpu", "nonsense": 1}, 1, lambda text: None)
    with pytest.raises(ArenaError, match=r"numerics\.threads"), silent as meters:
        meters.ask(1, {"threads": 1, "precision": FP})


def test_processes_measure_and_end() -> None:
    """The real thing, at its smallest: full precision must work, a reduced one need not."""
    with calibrate._Meters(WORKLOAD, 1, lambda text: None) as meters:
        assert 0 < meters.ask(1, {"threads": 1, "precision": FP}) < 60
        assert meters.ask(1, {"threads": 0, "precision": BF}) == math.inf
        with pytest.raises(ArenaError, match=r"could not be measured \(\w+Error: "):
            meters.ask(1, {"threads": 0, "precision": FP})
        running = meters._running
    assert all(process.poll() is not None for process in running)


@pytest.mark.parametrize("override", ["seeds=[0]", "model.prompt={template: 'Q: {prompt} A: '}"])
def test_what_is_measured_can_be_made(override: str) -> None:
    """The form of a prompt does not change what is measured."""
    asked = calibrate._workload(toys.scenario(override), DataRoot())
    assert Workload(**asked).vocabulary > 0
    assert asked == calibrate._workload(toys.scenario(), DataRoot())
