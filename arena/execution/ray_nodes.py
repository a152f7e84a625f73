"""The nodes of a cluster: whether each sees the driver's store, or can keep artifacts sent to
it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arena.errors import ArenaError, InputError
from arena.execution.sending import own_scratch
from arena.store.probe import Probe
from arena.store.scratch import remove

ANSWER = 120.0  # seconds to wait for a node's first process to start and answer
END = 5.0  # seconds to wait for them at the end of a run
ADVICE = (
    "all nodes need the artifact store under the same path: put ARENA_STORE on a file system that "
    "they share, or set runtime.artifacts=sent (docs/cluster.md)"
)


class UnsharedStoreError(InputError):
    """A node does not see the store, so nothing can run there."""


def refuse_unshared(probe: Probe) -> None:
    """Check from a process on every node that the probe file is visible.

    Raises:
        InputError: a node does not see the probe, or cannot import the arena.
        ArenaError: a node does not answer.
    """
    for node, sees in _on_every_node(probe.seen, ANSWER):
        if sees is False:
            raise _unshared(_name(node), probe)


def refuse_without_scratch(run: str) -> None:
    """Create the run's scratch store on every node.

    Raises:
        InputError: a node cannot create it, or cannot import the arena.
        ArenaError: a node does not answer.
    """
    list(_on_every_node(functools.partial(_has_scratch, run), ANSWER))


def remove_scratch(run: str) -> None:
    """Remove a run's scratch store on every node; a node that does not answer removes it at the
    next run."""
    with contextlib.suppress(ArenaError):
        list(_on_every_node(functools.partial(remove, run), END))


def refuse_unshared_here(probe: Probe | None) -> None:
    """Check that this process sees the probe file.

    Raises:
        InputError: it does not.
    """
    if probe is not None and not probe.seen():
        import ray

        raise _unshared(f"node {ray.util.get_node_ip_address()}", probe)


def _has_scratch(run: str) -> bool:
    return own_scratch(run).root.is_dir()


def _on_every_node(
    look: Callable[[], object], patience: float
) -> Iterator[tuple[Mapping[str, Any], object]]:
    """Yield the result of a call on every node that stays in the cluster."""
    import ray

    asked = {_ask(node["NodeID"], look): node for node in ray.nodes() if node["Alive"]}
    answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=patience)
    for ref in answered:
        with contextlib.suppress(_LeftError):
            yield asked[ref], _answer(ref, asked[ref])
    for ref in silent:
        raise ArenaError(f"{_name(asked[ref])} started no process within {patience:g} s")


def _ask(node: str, look: Callable[[], object]) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(node, soft=False)
    task = ray.remote(_call).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
    return task.remote(look)


def _call(look: Callable[[], object]) -> object:
    return look()


class _LeftError(Exception):
    """A node left the cluster meanwhile, so its work goes elsewhere."""


def _answer(ref: Any, node: Mapping[str, Any]) -> object:
    import ray

    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        first = str(error.cause).splitlines()[0]
        rule = f"{_name(node)} cannot run the arena ({first}); install the same version there"
        raise InputError(rule, key="--address") from error
    except ray.exceptions.RayError as error:
        raise _LeftError from error


def _unshared(where: str, probe: Probe) -> UnsharedStoreError:
    rule = f"{where} does not see this machine's artifact store; {ADVICE}"
    return UnsharedStoreError(rule, key="--address", found=str(probe.file.parents[1]))


def _name(node: Mapping[str, Any]) -> str:
    address, name = node["NodeManagerAddress"], node.get("NodeName") or ""
    return f"node {address}" if name in ("", address) else f"node {name} ({address})"
