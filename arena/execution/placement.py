"""The resources that processes take from a cluster: which stages share a process, and whether the
cluster has enough."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from arena.errors import InputError
from arena.scenario.needs import DEFAULT, Needs

DEFENDERS = ("unlearn", "discover", "plant")  # kinds of stage that the defender's process runs
NONE = Needs()
UNITS = {"CPU": 1.0, "GPU": 1.0, "memory": 2.0**30}  # Ray's names; memory is shown in GiB

Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Placement:
    """Pools of processes: kinds of stage with the same needs share one.

    needs: as in `runtime.resources`. device: where stages compute; under cuda each has its own GPU
    unless it asks for a share, or as many as processes share its model. workers: processes of each
    pool. seeds: that are defended at the same time.
    """

    needs: Mapping[str, Needs] = field(default_factory=dict)
    device: str = "cpu"
    workers: int = 1
    seeds: int = 1

    def of(self, kind: str) -> Needs:
        """Return the needs of a kind of stage."""
        plain = Needs(gpus=1.0) if self.device == "cuda" else NONE
        own = self.needs.get(kind, NONE)
        whole = own.over(self.needs.get(DEFAULT, NONE)).over(plain)
        if self.device != "cuda" or whole.processes is None:
            return whole
        return whole.model_copy(update={"gpus": float(whole.processes)})

    @cached_property
    def pools(self) -> tuple[Needs, ...]:
        """Return the needs of every pool; first those of kinds that have no entry."""
        return tuple(dict.fromkeys(self.of(kind) for kind in (DEFAULT, *self.needs)))

    def pool(self, kind: str) -> int:
        """Return the index of a kind's pool."""
        return self.pools.index(self.of(kind))

    @cached_property
    def defender(self) -> Needs:
        """Return the needs of the defender's process: the most that any of its stages takes."""
        return most(self.of(kind) for kind in DEFENDERS)

    @property
    def paired(self) -> bool:
        """Whether the defender and the first worker take turns on one reservation: if they need the
        same and it is not nothing."""
        return self.defender == self.pools[0] != NONE

    @property
    def seats(self) -> int:
        """Return the number of the defender's processes. Seeds are worlds of their own, so several
        may be defended at the same time: one process for every two workers, at most. Where it
        reserves something, there is one."""
        return 1 if self.defender != NONE else max(1, min(self.seeds, self.workers // 2))

    @cached_property
    def whole(self) -> Needs:
        """Return the needs of a process that runs every kind of stage, one after another."""
        return most(self.pools)

    def processes(self) -> list[Needs]:
        """Return the needs of all processes that may live at the same time."""
        workers = [needs for needs in self.pools for _ in range(self.workers)]
        return workers if self.paired else [*workers, *self.seats * [self.defender]]


def most(needs: Iterable[Needs]) -> Needs:
    """Return the largest of each resource."""
    every = list(needs)
    memory = max((each for each in every if each.memory), key=lambda n: n.bytes, default=NONE)
    largest = {
        name: max((getattr(each, name) or 0 for each in every), default=0) or None
        for name in ("cpus", "gpus", "processes")
    }
    return memory.model_copy(update=largest)  # more than one GPU, perhaps: not checked again


def amounts(needs: Needs) -> dict[str, float]:
    """Return the needs under Ray's names, without those that are zero."""
    named = {"CPU": needs.cpus or 0.0, "GPU": needs.gpus or 0.0, "memory": float(needs.bytes)}
    return {name: amount for name, amount in named.items() if amount}


def options(needs: Needs, share: int = 1) -> dict[str, Any]:
    """Return the needs as options of a Ray actor or task; or a `share` of them, rounded down to
    Ray's resolution so that all shares fit."""
    taken: dict[str, Any] = {"num_cpus": _part(needs.cpus or 0, share)}
    if needs.gpus:
        taken["num_gpus"] = _part(needs.gpus, share)
    if needs.bytes:
        taken["memory"] = needs.bytes // share
    return taken


def _part(amount: float, share: int) -> float:
    return int(amount * 10_000) // share / 10_000


def refuse_too_much(wanted: Sequence[Needs], key: str) -> None:
    """Refuse processes that do not fit into the cluster at the same time, or one that fits on no
    node.

    Raises:
        InputError: they do not fit; says what the cluster has.
    """
    nodes = _nodes()
    asked, there = _sum(map(amounts, wanted)), _sum(nodes)
    short = _short(asked, there)
    if short:
        rule = f"the processes of this run need more than the cluster has ({_shown(there)})"
        raise InputError(rule, key=key, found=_shown({name: asked[name] for name in short}))
    for needs in map(amounts, dict.fromkeys(wanted)):
        if not any(all(node.get(n, 0) >= amount for n, amount in needs.items()) for node in nodes):
            each = "; ".join(_shown(node) for node in nodes)
            raise InputError(f"does not fit on any node ({each})", key=key, found=_shown(needs))


def cores_of_cluster() -> int:
    """Return the CPUs of all nodes, at least 1."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def workers_that_fit(processes: Callable[[int], Sequence[Needs]], most: int, threads: int) -> int:
    """Return how many workers the cluster has room for, at least 1 and at most `most`: one per
    `threads` cores of a node, fewer where their needs are more than it has.

    Args:
        processes: returns the needs of all simultaneous processes, given the number of workers.
    """
    nodes = _nodes()
    cores = sum(int(node.get("CPU", 0)) // threads for node in nodes)

    def is_too_much(count: int) -> bool:
        return not _fit([amounts(needs) for needs in processes(count)], nodes)

    return max(1, bisect.bisect_left(range(1, min(most, cores) + 1), True, key=is_too_much))


def _fit(wanted: Iterable[Amounts], nodes: Iterable[Amounts]) -> bool:
    """Whether each finds a node with enough left, placing the largest first."""
    left = [dict(node) for node in nodes]
    for one in sorted(wanted, key=lambda each: sorted(each.items()), reverse=True):
        able = (node for node in left if not _short(one, node))
        node = next(able, None)
        if node is None:
            return False
        for name, amount in one.items():
            node[name] -= amount
    return True


def _nodes() -> list[dict[str, float]]:
    """The resources of each living node."""
    import ray

    return [dict(node["Resources"]) for node in ray.nodes() if node["Alive"]]


def _short(asked: Amounts, there: Amounts) -> list[str]:
    """The resources of which more is asked for than there is."""
    return [name for name in asked if asked[name] > there.get(name, 0) + 1e-6]


def _sum(each: Iterable[Amounts]) -> dict[str, float]:
    total: dict[str, float] = {}
    for one in each:
        for name in UNITS.keys() & one.keys():
            total[name] = total.get(name, 0.0) + one[name]
    return total


def _shown(amounts: Amounts) -> str:
    known = [(name, amounts.get(name, 0.0) / unit) for name, unit in UNITS.items()]
    texts = [f"{name} {n:.4g}{' GiB' if name == 'memory' else ''}" for name, n in known if n]
    return ", ".join(texts) or "nothing"
