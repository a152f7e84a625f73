"""The nodes of a cluster: whether each can use the store of the one that starts the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.errors import ArenaError, InputError
from arena.store.probe import Probe

ANSWER = 120.0  # seconds that a node's first process may take to start and answer
ADVICE = (
    "all nodes need the artifact store under the same path: put ARENA_STORE on a file system that "
    "they share (docs/cluster.md)"
)


class UnsharedStoreError(InputError):
    """A node does not see the store: nothing that runs there can be right."""


def refuse_unshared(probe: Probe) -> None:
    """Let a process on every node look for the probe.

    Raises:
        InputError: a node does not see it, or cannot import the arena.
        ArenaError: a node does not answer.
    """
    import ray

    asked = {_ask(node["NodeID"], probe): node for node in ray.nodes() if node["Alive"]}
    answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=ANSWER)
    for ref in answered:
        _judge(ref, asked[ref], probe)
    for ref in silent:
        raise ArenaError(f"{_name(asked[ref])} started no process within {ANSWER:g} s")


def refuse_unshared_here(probe: Probe | None) -> None:
    """Refuse to work in a process that does not see the probe.

    Raises:
        InputError: it does not see it.
    """
    if probe is not None and not probe.seen():
        import ray

        raise _unshared(f"node {ray.util.get_node_ip_address()}", probe)


def _ask(node: str, probe: Probe) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(node, soft=False)
    look = ray.remote(_look).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
    return look.remote(probe)


def _look(probe: Probe) -> bool:
    return probe.seen()


def _judge(ref: Any, node: Mapping[str, Any], probe: Probe) -> None:
    import ray

    try:
        if not ray.get(ref):
            raise _unshared(_name(node), probe)
    except ray.exceptions.RayTaskError as error:
        first = str(error.cause).splitlines()[0]
        rule = f"{_name(node)} cannot run the arena ({first}); install the same version there"
        raise InputError(rule, key="--address") from error
    except ray.exceptions.RayError:
        return  # it left the cluster meanwhile, and what is to do goes elsewhere


def _unshared(where: str, probe: Probe) -> UnsharedStoreError:
    rule = f"{where} does not see this machine's artifact store; {ADVICE}"
    return UnsharedStoreError(rule, key="--address", found=str(probe.file.parents[1]))


def _name(node: Mapping[str, Any]) -> str:
    address, name = node["NodeManagerAddress"], node.get("NodeName") or ""
    return f"node {address}" if name in ("", address) else f"node {name} ({address})"
