"""The base model's own answers, made before a run whose corpus takes them as the right ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from arena.api.world import DataRoot
from arena.execution.execute import Fresh, execute, needed, set_aside_broken
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.answers import plan_answers
from arena.planning.graph import Node
from arena.progress.observer import Observer
from arena.scenario.schema import Scenario
from arena.store.store import Store

# Returns the runtime that executes the given stages.
Start = Callable[[Mapping[str, Node]], AbstractContextManager[Runtime]]


def with_answers(
    scenario: Scenario,
    root: DataRoot,
    store: Store,
    start: Start,
    observer: Observer,
    timeline: Timeline,
    *,
    fresh: Fresh = False,
) -> DataRoot:
    """Return the data root with the base model's answers, which are made unless they are stored;
    the root as it is if the scenario takes the corpus's own.

    Raises:
        InputError: the corpus or the checkpoint cannot be read.
        ArenaError: the model could not answer.
    """
    plan = plan_answers(scenario, root)
    if plan is None:
        return root
    wanted = {plan.address}
    set_aside_broken(plan.nodes, wanted, store, fresh)
    todo = needed(plan.nodes, wanted, store, fresh)
    if todo:
        with start({address: plan.nodes[address] for address in todo}) as runtime:
            execute(plan.nodes, wanted, store, runtime, observer, timeline, fresh=fresh)
    for address in plan.nodes:  # pruning goes by when they were last used
        store.used(address)
    return replace(root, answers=store.path(plan.address))


def with_stored_answers(scenario: Scenario, root: DataRoot, store: Store) -> DataRoot:
    """Return the data root with the base model's answers if they are stored, else as it is: enough
    for an outline of a run, since the number of stages does not depend on them."""
    plan = plan_answers(scenario, root)
    if plan is None or not store.has(plan.address):
        return root
    return replace(root, answers=store.path(plan.address))
