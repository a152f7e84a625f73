"""Trackers: what they are sent, that a failing one costs no run, that an absent one is refused."""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from arena import registry
from arena.api.tracker import Tracker
from arena.errors import InputError
from arena.execution.devices import refuse_absent
from arena.progress.observer import Silent
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.runs.code import code_behind
from arena.runs.tracking import numbers, tracking
from arena.stages.losses import read_losses, write_losses
from tests.support import toys
from tests.support.plans import plan
from tests.support.sample_results import write_run
from tests.support.toy_jobs import Look, node

SHIPPED = {"mlflow", "tensorboard", "trackio", "wandb"}


class Kept(Tracker):
    """Keeps everything in memory."""

    package, extra = "json", ""
    made: ClassVar[list[Kept]] = []

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        self.run, self.config = run, config
        self.scalars: list[tuple[str, float, int]] = []
        self.ended: tuple[list[str], bool] | None = None
        self.made.append(self)

    def scalar(self, name: str, value: float, step: int) -> None:
        self.scalars.append((name, value, step))

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        self.ended = sorted(file.name for file in files), failed


class Breaks(Kept):
    """Fails at the first number."""

    def scalar(self, name: str, value: float, step: int) -> None:
        raise OSError("no connection")


class Absent(Kept):
    package, extra = "no_such_package_at_all", "absent"


class Notes(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, part in {"kept": Kept, "breaks": Breaks, "absent": Absent}.items():
        monkeypatch.setitem(registry._parts["tracker"], name, part)
    Kept.made.clear()


def scenario(*names: str) -> Any:
    return toys.small(f"runtime.trackers=[{', '.join(names)}]")


def stored(store: Any, one: Any, losses: Sequence[float]) -> None:
    """Put a stage with these losses into the store."""

    def write(out: Path) -> Mapping[str, Any]:
        write_losses(out, losses)
        return {}

    store.commit(one.stage, write)


def test_the_shipped_ones_are_registered_and_import_nothing() -> None:
    assert set(registry.names("tracker")) > SHIPPED
    for name in SHIPPED:
        part: Any = registry.get("tracker", name)
        assert part.extra
        assert part.package


def test_a_run_logs_settings_losses_results_and_its_files(tmp_path: Path) -> None:
    from arena.store.store import Store

    folder, store, one = (
        write_run(tmp_path / "run", 8),
        Store(tmp_path / "store"),
        node("x", Look()),
    )
    results = read_results(folder)
    assert isinstance(results, RunResults)
    stored(store, one, [2.0, 1.25])
    with tracking(scenario("kept"), folder, Silent()) as trackers:
        trackers.losses(one, store)
        trackers.results(results)
    (kept,) = Kept.made
    assert kept.run == "run"
    assert kept.config["runtime"]["trackers"] == ["kept"]
    assert kept.scalars[:2] == [("loss/x", 2.0, 0), ("loss/x", 1.25, 1)]
    assert kept.scalars[2:] == list(numbers(results))
    assert kept.ended is not None
    assert "results.json" in kept.ended[0]
    assert not kept.ended[1]


def test_the_numbers_are_the_results(tmp_path: Path) -> None:
    results = read_results(write_run(tmp_path / "run", 8))
    assert isinstance(results, RunResults)
    sent = {(name, step): value for name, value, step in numbers(results)}
    row = next(row for row in results.rows if row.kind == "unlearned")
    for actor, rate in row.asr.items():
        assert sent[f"asr/{row.name}/{actor}", row.seed] == rate.rate
    assert results.claim is not None
    assert sent["T_least", 0] == results.claim.transfer.value
    assert all(map(math.isfinite, sent.values()))


def test_a_failing_tracker_is_reported_once_and_stops_nothing(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 8)
    results = read_results(folder)
    assert isinstance(results, RunResults)
    notes = Notes()
    with tracking(scenario("breaks", "kept"), folder, notes) as trackers:
        trackers.results(results)
    breaks, kept = Kept.made
    assert notes.lines == ["tracker breaks failed and is not used further: no connection"]
    assert breaks.ended is None
    assert kept.scalars == list(numbers(results))


def test_a_failed_run_keeps_no_files(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), tracking(scenario("kept"), tmp_path, Silent()):
        raise KeyboardInterrupt
    assert Kept.made[0].ended == ([], True)


def test_an_absent_library_is_refused_with_its_extra() -> None:
    with pytest.raises(InputError, match=r"pip install 'backdoor-arena\[absent\]'") as caught:
        refuse_absent(scenario("kept", "absent"))
    assert (caught.value.key, caught.value.found) == ("runtime.trackers", "absent")
    assert caught.value.exit_status == 2


def test_an_unknown_tracker_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown tracker") as caught:
        refuse_absent(scenario("tensorbord"))
    assert caught.value.key == "runtime.trackers"
    assert set(caught.value.allowed) > SHIPPED


def test_a_tracker_changes_no_result() -> None:
    from arena.runs.records import origin_of

    assert origin_of(scenario("kept")) == origin_of(scenario())


def test_losses_are_read_back_and_missing_ones_are_none(tmp_path: Path) -> None:
    assert read_losses(tmp_path) == ()
    write_losses(tmp_path, [0.123456789, 2.0])
    assert read_losses(tmp_path) == (0.123457, 2.0)


def test_trackio_is_driven_without_a_word_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    calls: list[Any] = []

    def told(name: str) -> Any:
        def call(*values: Any, **options: Any) -> Any:
            print(f"* trackio: {name}")
            calls.append((name, values, options))
            return types.SimpleNamespace(log=lambda *v, **o: calls.append(("log", v, o)))

        return call

    fake = types.SimpleNamespace(init=told("init"), finish=told("finish"))
    monkeypatch.setitem(sys.modules, "trackio", fake)
    part: Any = registry.get("tracker", "trackio")
    one = part("first", tmp_path, {"name": "toy"})
    one.series("loss/x", [2.0, 1.0])
    one.finish([], False)
    assert capsys.readouterr() == ("", "")
    (_, _, began), *logged, (ended, _, _) = calls
    assert began["config"] == {"name": "toy", "run_folder": str(tmp_path.resolve())}
    assert began["embed"] is False
    assert [(values[0], options["step"]) for _, values, options in logged] == [
        ({"loss/x": 2.0}, 0), ({"loss/x": 1.0}, 1)
    ]  # fmt: skip
    assert ended == "finish"


def test_the_code_of_trackers_is_not_kept_with_a_seed_since_it_changes_no_result() -> None:
    kept = code_behind(scenario("kept", "trackio"), plan())
    assert {"train", "townlore (Townlore)"} <= kept.keys()
    assert not any(name.split()[0] in {*SHIPPED, "kept"} for name in kept)
