"""Executing a graph: order, what is not done again, and what a failure stops."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.api.job import Job, Progress
from arena.errors import ArenaError, InputError, MachineError, UnexpectedError
from arena.execution.execute import AWAITED, _refuse, execute, needed
from arena.execution.perform import nowhere, perform
from arena.execution.runtime import Done
from arena.execution.timeline import Timeline
from arena.planning.graph import Node
from arena.progress.observer import Planned, Silent
from arena.store.store import Stage, Store


@dataclass(frozen=True)
class Note(Job):
    """A job of three steps that leaves a file, or fails."""

    error: str | None = None

    @property
    def steps(self) -> int:
        return 3

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        if self.error is not None:
            raise ValueError(self.error)
        (out / "note").write_text(" ".join(path.name for path in inputs.values()))
        return {}


def node(name: str, *parents: Node, error: str | None = None, party: str = "arena") -> Node:
    of = {str(i): parent.address for i, parent in enumerate(parents)}
    return Node(Stage("examples", name, party, 0, {"name": name}, of), Note(error))


def graph(nodes: Iterable[Node]) -> dict[str, Node]:
    return {one.address: one for one in nodes}


@dataclass
class Fake:
    """A runtime with room for a few; the last started ends first, one each time it waits."""

    store: Store
    capacity: int = 1
    replace: bool = False
    started: list[str] = field(default_factory=list)
    running: list[Node] = field(default_factory=list)
    most: int = 0
    expected: set[str] = field(default_factory=set)

    def skip(self, node: Node) -> None:
        """Nothing is kept for it."""

    def expect(self, nodes: Collection[Node]) -> None:
        self.expected = {one.address for one in nodes}

    def room(self, one: Node) -> bool:
        return len(self.running) < self.capacity

    def waits_for(self) -> str:
        return ""

    def start(self, one: Node, tell: Progress = nowhere) -> None:
        assert one.address in self.expected
        assert all(self.store.has(parent) for parent in one.stage.parents.values())
        self.started.append(one.stage.name)
        self.running.append(one)
        self.most = max(self.most, len(self.running))

    def wait(self, timeout: float) -> list[Done]:
        one = self.running.pop()
        try:
            return [Done(one, perform(one.stage, one.job, self.store, replace=self.replace))]
        except Exception as error:
            return [Done(one, None, error)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        return None


class Told(Silent):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.planned, self.finished, self.begun = 0, [], []  # type: ignore[var-annotated]
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        self.planned = len(stages)
        self.stored = {stage.name for stage in stages if stage.seconds == 0.0}

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        self.begun.append((stage, party, total_steps))

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        self.finished.append((stage, cached))


def go(
    nodes: Iterable[Node],
    root: Path,
    wanted: Iterable[Node] | None = None,
    fresh: bool = False,
    capacity: int = 1,
    told: Told | None = None,
) -> tuple[Fake, Told]:
    every = graph(nodes)
    store, told = Store(root), told or Told()
    runtime = Fake(store, capacity, replace=fresh)
    ends = set(every) if wanted is None else {one.address for one in wanted}
    timeline = Timeline(root / "events.jsonl")
    try:
        execute(every, ends, store, runtime, told, timeline, fresh=fresh)
    finally:
        timeline.close()
    return runtime, told


def events(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / "events.jsonl").read_text().splitlines()]


@settings(max_examples=30)
@given(st.integers(0, 2**28), st.integers(1, 8), st.integers(1, 4))
def test_any_graph_is_done_once_with_parents_before_children(
    edges: int, size: int, capacity: int
) -> None:
    """The fake runtime itself refuses a stage whose parents are not there."""
    import tempfile

    nodes: list[Node] = []
    for i in range(size):
        chosen = [p for j, p in enumerate(nodes) if edges >> (i * (i - 1) // 2 + j) & 1]
        nodes.append(node(f"n{i}", *chosen))
    with tempfile.TemporaryDirectory() as folder:
        runtime, told = go(reversed(nodes), Path(folder), capacity=capacity)
        assert sorted(runtime.started) == sorted(one.stage.name for one in nodes)
        assert runtime.most <= capacity
        assert sorted(told.finished) == sorted((one.stage.name, False) for one in nodes)
        assert told.planned == size


def diamond(error: str | None = None) -> list[Node]:
    top = node("top")
    left, right = node("left", top), node("right", top, error=error)
    return [top, left, right, node("bottom", left, right)]


def test_stored_artifacts_are_not_made_again(tmp_path: Path) -> None:
    go(diamond()[:2], tmp_path)
    runtime, told = go(diamond(), tmp_path)
    assert runtime.started == ["right", "bottom"]
    assert told.finished[:2] == [("top", True), ("left", True)]
    assert go(diamond(), tmp_path)[0].started == []
    assert len(events(tmp_path)) == 2 + 4 + 4
    assert [event["cached"] for event in events(tmp_path)[-4:]] == [True] * 4


def test_a_stored_artifact_needs_none_of_its_parents(tmp_path: Path) -> None:
    """What led to it may be long gone, or never have been here."""
    made = diamond()
    Store(tmp_path).commit(made[3].stage, lambda out: {})
    assert go(made, tmp_path, wanted=[made[3]])[0].started == []


def test_only_what_is_wanted_is_made(tmp_path: Path) -> None:
    made = diamond()
    assert go(made, tmp_path, wanted=[made[1]])[0].started == ["top", "left"]


def test_fresh_makes_everything_again(tmp_path: Path) -> None:
    go(diamond(), tmp_path)
    for one in diamond():
        (tmp_path / one.address / "note").write_text("old")
    runtime, _ = go(diamond(), tmp_path, fresh=True)
    assert len(runtime.started) == 4
    assert not any((tmp_path / one.address / "note").read_text() == "old" for one in diamond())


def test_needed_stops_at_what_is_stored(tmp_path: Path) -> None:
    made, store = diamond(), Store(tmp_path)
    every, bottom = graph(made), {made[3].address}
    assert needed(every, bottom, store, fresh=False) == set(every)
    store.commit(made[1].stage, lambda out: {})
    store.commit(made[2].stage, lambda out: {})
    assert needed(every, bottom, store, fresh=False) == bottom
    assert needed(every, bottom, store, fresh=True) == set(every)


def test_a_failure_stops_what_is_not_started_and_keeps_what_is_finished(tmp_path: Path) -> None:
    made = [*diamond("no luck"), node("other")]
    with pytest.raises(
        ArenaError, match=r"'right' failed: ValueError: no luck \(test_execute\.py:\d+\)"
    ):
        go(made, tmp_path)
    store = Store(tmp_path)
    assert store.has(made[0].address)
    assert not store.has(made[2].address)
    assert not store.has(made[3].address)
    failed = [event for event in events(tmp_path) if event["event"].startswith("FAILED right")]
    assert failed[0]["artifact"] is None
    # the next run picks up where this one stopped
    again = [*diamond(), node("other")]
    assert again[2].address == made[2].address
    assert "top" not in go(again, tmp_path)[0].started


def test_stages_in_flight_are_awaited_after_a_failure(tmp_path: Path) -> None:
    """The last started fails first; the two beside it still end, and the fourth never starts."""
    made = [node("a"), node("b"), node("c", error="boom"), node("d")]
    told = Told()
    with pytest.raises(ArenaError, match="boom"):
        go(made, tmp_path, capacity=3, told=told)
    assert told.notes == [AWAITED.format("c")]
    kept = [Store(tmp_path).has(one.address) for one in made]
    assert kept == [True, True, False, False]


def test_of_two_failures_the_first_is_told(tmp_path: Path) -> None:
    """Each failure is recorded with its own error, and the user hears once that one is awaited."""
    told = Told()
    with pytest.raises(ArenaError, match="second"):
        go([node("a", error="first"), node("b", error="second")], tmp_path, capacity=2, told=told)
    assert [line["event"] for line in events(tmp_path)] == ["FAILED b: second", "FAILED a: first"]
    assert told.notes == [AWAITED.format("b")]


@dataclass(frozen=True)
class Refusing(Job):
    """A job that says itself what is wrong."""

    error: Exception

    def run(self, inputs: Any, out: Path, progress: Any) -> dict[str, Any]:
        raise self.error


def refused(error: Exception, root: Path) -> None:
    stage = Stage("examples", "poison bard s0", "threat:bard", 0, {})
    go([Node(stage, Refusing(error))], root)


def test_a_failed_stage_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArenaError, match="'poison bard s0' failed: nothing usable"):
        refused(ArenaError("nothing usable"), tmp_path)


def test_wrong_input_found_by_a_stage_stays_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        refused(InputError("no such file", key="corpus.train", found="x.tsv"), tmp_path)
    assert (caught.value.key, caught.value.found) == ("corpus.train", "x.tsv")


@pytest.mark.parametrize(
    ("section", "key", "told"),
    [
        ("league[1]", "defender.objective.layer", "league[1].objective.layer"),
        ("league[1]", "defender", "league[1]"),
        ("league[1]", "corpus.train", "corpus.train"),
        ("defender", "defender.adapter", "defender.adapter"),
    ],
)
def test_wrong_input_of_a_defence_is_told_at_its_own_section(
    section: str, key: str, told: str, tmp_path: Path
) -> None:
    stage = Stage("examples", "pruned s0", "defender", 0, {})
    with pytest.raises(InputError) as caught:
        go([Node(stage, Refusing(InputError("no", key=key)), section=section)], tmp_path)
    assert caught.value.key == told


def test_the_observer_hears_who_does_what(tmp_path: Path) -> None:
    _, told = go([node("poison", party="threat:bard")], tmp_path)
    assert told.begun == [("poison", "threat:bard", 3)]


def test_progress_files_are_told_and_nonsense_in_them_is_not(tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []
    one, store = node("slow"), Store(tmp_path)
    file = store.progress_file(one.address)
    file.parent.mkdir()

    class Listening(Told):
        def stage_progress(self, stage: str, done: int) -> None:
            heard.append((stage, done))

    class Slow(Fake):
        looks = iter(["17", "", "1x", "21", None])

        def wait(self, timeout: float) -> list[Done]:
            text = next(self.looks)
            if text is None:
                return super().wait(timeout)
            file.write_text(text)
            return []

    timeline = Timeline(tmp_path / "events.jsonl")
    execute(graph([one]), {one.address}, store, Slow(store), Listening(), timeline)
    timeline.close()
    assert heard == [("slow", 17), ("slow", 0), ("slow", 21)]


class OutOfMemoryError(RuntimeError):
    """As torch calls its own."""


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (ArenaError("training diverged"), ArenaError),
        (MachineError("the disk is full"), MachineError),
        (MemoryError(), MachineError),
        (OutOfMemoryError("CUDA out of memory"), MachineError),
        (KeyError("a"), UnexpectedError),
    ],
)
def test_a_stages_error_says_whose_fault_it_is(raised: Exception, kind: type[ArenaError]) -> None:
    with pytest.raises(ArenaError, match="stage 'a' failed") as caught:
        _refuse(node("a"), raised)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is raised


def test_an_error_without_words_is_told_by_its_kind() -> None:
    with pytest.raises(UnexpectedError, match=r"stage 'a' failed: AssertionError$"):
        _refuse(node("a"), AssertionError())


def test_what_another_process_works_on_comes_last(tmp_path: Path) -> None:
    """Two experiments that share stages divide them, instead of one waiting for the other."""
    first, second = node("first"), node("second")
    third = node("third", second)
    store = Store(tmp_path)

    class Releasing(Fake):
        def start(self, one: Node, tell: Progress = nowhere) -> None:
            assert not store.claimed(one.address)
            super().start(one, tell)
            if one.address == third.address:
                held.close()  # the other process is done with it

    runtime = Releasing(store)
    every = graph([first, second, third])
    with contextlib.ExitStack() as held, contextlib.closing(Timeline(tmp_path / "e")) as timeline:
        held.enter_context(store.claim(first.address))
        execute(every, set(every), store, runtime, Silent(), timeline)
    assert runtime.started == ["second", "third", "first"]
