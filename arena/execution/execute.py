"""Run a graph of stages: stored ones are not run again, the others start as soon as their parents
are done."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arena.errors import ArenaError, InputError, MachineError, UnexpectedError, placed_key
from arena.execution.runtime import Done, Runtime
from arena.execution.timeline import Timeline
from arena.execution.twins import Twins, copied
from arena.planning.graph import Node
from arena.progress.observer import Observer, Planned
from arena.store.integrity import flaw, set_aside
from arena.store.store import Store

OUT_OF_MEMORY = "OutOfMemoryError"  # of torch, which this module does not import

# Whether to run stored stages again: all, none, or certain addresses.
Fresh = bool | Collection[str]
POLL = 0.2  # seconds between two polls of running stages' progress
AWAITED = "stage {!r} failed; the stages that are running are awaited, and kept"


@dataclass(frozen=True)
class Expected:
    """What is known beforehand: the seconds of a stage (None if unknown), and about how many stages
    run at a time."""

    seconds: Callable[[Node], float | None] = lambda node: None
    workers: int = 1


@dataclass
class _State:
    """copies: running stages that copy a stored twin: address -> the twin's address."""

    waiting: dict[str, Node]
    running: dict[str, Node]
    done: set[str]
    copies: dict[str, str] = field(default_factory=dict)


def needed(
    nodes: Mapping[str, Node], wanted: Iterable[str], store: Store, fresh: Fresh = False
) -> set[str]:
    """Return the addresses to execute for `wanted`: a stored artifact needs none of its parents."""
    addresses: set[str] = set()
    stack = list(wanted)
    while stack:
        address = stack.pop()
        if address in addresses or (not _again(address, fresh) and store.has(address)):
            continue
        addresses.add(address)
        stack.extend(nodes[address].stage.parents.values())
    return addresses


@dataclass(frozen=True)
class Broken:
    """A damaged artifact of the store. place: where it was moved to."""

    node: Node
    flaw: str
    place: Path


def set_aside_broken(
    nodes: Mapping[str, Node], wanted: Iterable[str], store: Store, fresh: Fresh = False
) -> list[Broken]:
    """Move damaged artifacts that a run would read out of the store, and return them; their stages
    must run again. Repeats until the remaining stages read nothing damaged."""
    broken: list[Broken] = []
    wanted = set(wanted)
    while True:
        todo = needed(nodes, wanted, store, fresh)
        read = {p for a in todo for p in nodes[a].stage.parents.values()} - todo
        damaged = [
            (address, problem)
            for address in nodes
            if address not in todo
            and store.has(address)
            and (problem := flaw(store, address, whole=address in read)) is not None
        ]
        if not damaged:
            return broken
        for address, problem in damaged:
            place = set_aside(store, address, whole=address in read)
            if place is not None:
                broken.append(Broken(nodes[address], problem, place))


def _again(address: str, fresh: Fresh) -> bool:
    return fresh if isinstance(fresh, bool) else address in fresh


def execute(
    nodes: Mapping[str, Node],
    wanted: set[str],
    store: Store,
    runtime: Runtime,
    observer: Observer,
    timeline: Timeline,
    *,
    fresh: Fresh = False,
    expected: Expected = Expected(),
) -> None:
    """Bring every wanted address into the store.

    Raises:
        ArenaError: a stage failed; running stages are awaited first, and finished ones stay stored.
    """
    todo = needed(nodes, wanted, store, fresh)
    observer.plan(_announced(nodes, todo, store, expected), expected.workers)
    report_stored([n for a, n in nodes.items() if a not in todo], store, observer, timeline)
    state = _State({a: n for a, n in nodes.items() if a in todo}, {}, set(nodes) - todo)
    twins = Twins(store)
    for address in state.done:
        twins.finished(nodes[address])
    runtime.expect(state.waiting.values())
    failed: tuple[Node, Exception] | None = None
    while state.running or (state.waiting and failed is None):
        if failed is None:
            _start_what_can(state, store, runtime, observer, twins)
        observer.phase(runtime.waits_for())
        for done in _copied(state, store, fresh) or runtime.wait(POLL):
            del state.running[done.node.address]
            if done.manifest is None:
                error = done.error or ArenaError("failed")
                timeline.failed(done.node, error)
                if failed is None and state.running:
                    observer.note(AWAITED.format(done.node.stage.name))
                failed = failed or (done.node, error)
                continue
            state.done.add(done.node.address)
            twins.finished(done.node)
            timeline.finished(done.node, done.manifest, cached=False)
            observer.stage_finished(
                done.node.stage.name, float(done.manifest["seconds"]), cached=False
            )
        _report_progress(state, store, observer)
    if failed is not None:
        _refuse(*failed)


def _announced(
    nodes: Mapping[str, Node], todo: Collection[str], store: Store, expected: Expected
) -> list[Planned]:
    """Return the stages as a display counts them: those to run and those in the store."""
    return [
        Planned(
            node.stage.name,
            node.stage.kind,
            node.steps or 1,
            expected.seconds(node) if address in todo else 0.0,
        )
        for address, node in nodes.items()
        if address in todo or store.has(address)
    ]


def report_stored(
    nodes: Iterable[Node], store: Store, observer: Observer, timeline: Timeline
) -> None:
    """Report the stages that are in the store already."""
    for node in nodes:
        if store.has(node.address):
            store.used(node.address)
            observer.stage_finished(node.stage.name, 0.0, cached=True)
            timeline.finished(node, store.manifest(node.address), cached=True)


def _start_what_can(
    state: _State, store: Store, runtime: Runtime, observer: Observer, twins: Twins
) -> None:
    """Start the stages whose parents are done and for which there is room. Stages that another
    process is running come last, since starting one of them only means waiting for it."""
    elsewhere = []
    for address, node in list(state.waiting.items()):
        if not all(parent in state.done for parent in node.stage.parents.values()):
            continue
        twin = twins.done(node)
        if twin is not None:
            _begin(state, node, observer)
            runtime.skip(node)
            state.copies[address] = twin
        elif _has_room(state, node, runtime, twins):
            if store.claimed(address):
                elsewhere.append(node)
            else:
                _start(state, node, runtime, observer)
    for node in elsewhere:
        if _has_room(state, node, runtime, twins):
            _start(state, node, runtime, observer)


def _has_room(state: _State, node: Node, runtime: Runtime, twins: Twins) -> bool:
    return not twins.running(node, state.running.values()) and runtime.room(node)


def _start(state: _State, node: Node, runtime: Runtime, observer: Observer) -> None:
    _begin(state, node, observer)
    runtime.start(node, functools.partial(observer.stage_progress, node.stage.name))


def _begin(state: _State, node: Node, observer: Observer) -> None:
    """Take a stage from those that wait to those that run."""
    state.running[node.address] = state.waiting.pop(node.address)
    observer.stage_started(node.stage.name, node.stage.party, node.stage.seed, node.steps)


def _copied(state: _State, store: Store, fresh: Fresh) -> list[Done]:
    """Publish copies for the stages whose twin is in the store."""
    copies, state.copies = state.copies, {}
    return [
        _copy(state.running[address], twin, store, replace=_again(address, fresh))
        for address, twin in copies.items()
    ]


def _copy(node: Node, twin: str, store: Store, *, replace: bool) -> Done:
    try:
        return Done(node, copied(store, node.stage, twin, replace=replace))
    except Exception as error:  # reported like any stage's
        return Done(node, None, error)


def _report_progress(state: _State, store: Store, observer: Observer) -> None:
    for address, node in state.running.items():
        try:
            done = int(store.progress_file(address).read_text() or 0)
        except (OSError, ValueError):
            continue
        observer.stage_progress(node.stage.name, done)


def _refuse(node: Node, error: Exception) -> None:
    """Raise the error: wrong input unchanged, anything else with the name of the stage."""
    if isinstance(error, InputError):
        error.key = placed_key(error.key, node.section) if error.key else None
        raise error
    message = str(error) if isinstance(error, ArenaError) else _said(error)
    raise _kind(error)(f"stage {node.stage.name!r} failed: {message}") from error


def _said(error: Exception) -> str:
    """An unexpected error with the line that raised it, if that is known here."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    return f"{said} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else said


def _kind(error: Exception) -> type[ArenaError]:
    """Whose fault it is. Running out of memory is the machine's."""
    if isinstance(error, MachineError | MemoryError) or type(error).__name__ == OUT_OF_MEMORY:
        return MachineError
    return ArenaError if isinstance(error, ArenaError) else UnexpectedError
