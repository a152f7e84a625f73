"""Stages on nodes that do not share the store: their inputs are sent through Ray's object store,
and their artifacts come back the same way and are published here, by the driver.

Each artifact is put into the object store once for all stages that read it, and freed after the
last one. A node keeps what it has received (arena.store.scratch) and fetches only what it lacks.
"""

from __future__ import annotations

import contextlib
import functools
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena.api.job import Job
from arena.errors import ArenaError, MachineError
from arena.execution.perform import perform
from arena.planning.graph import Node
from arena.store.parcels import Parcel, chain, pack, unpack
from arena.store.scratch import in_use, receive, scratch, trim
from arena.store.store import Stage, Store

GLANCE = 0.5  # seconds between two polls of a remote stage's progress

# References to parcels in Ray's object store, by address; a base checkpoint comes before its
# adapters.
Refs = Mapping[str, Any]
Call = Callable[[Refs], Any]  # starts a remote stage; returns the reference of its parcel


class Sender:
    """The driver's side. Thread-safe, with one thread per running stage.

    Attributes:
        run: the name under which nodes keep what they received.
    """

    def __init__(self, store: Store) -> None:
        self.run = secrets.token_hex(8)
        self._store, self._lock, self._closed = store, threading.Lock(), False
        self._readers: Counter[str] = Counter()  # coming stages that read an artifact
        self._chains: dict[str, tuple[str, ...]] = {}
        self._refs: dict[str, Any] = {}
        self._flights: dict[Any, None] = {}

    def expect(self, nodes: Iterable[Node]) -> None:
        """Announce coming stages: what they read is kept until they have ended."""
        with self._lock:
            self._readers.update(p for node in nodes for p in _read_by(node))

    def ended(self, nodes: Iterable[Node]) -> None:
        """Note that expected stages have ended, or will not be started."""
        with self._lock:
            self._readers.subtract(p for node in nodes for p in _read_by(node))
            self._readers = +self._readers
            self._chains = {a: c for a, c in self._chains.items() if self._readers[a]}
            wanted = {address for each in self._chains.values() for address in each}
            self._refs = {a: ref for a, ref in self._refs.items() if a in wanted}

    def close(self) -> None:
        """Stop sending."""
        with self._lock:
            self._closed = True
            self._refs.clear()

    @property
    def flights(self) -> list[Any]:
        """Return the references of running remote stages."""
        return list(self._flights)

    @property
    def sent(self) -> frozenset[str]:
        """Return the addresses of the artifacts in the object store."""
        with self._lock:
            return frozenset(self._refs)

    def carry_out(self, stage: Stage, call: Call, *, replace: bool = False) -> dict[str, Any]:
        """Run a stage remotely, publish the artifact that comes back and return its manifest. Like
        `perform`, it uses an artifact that another process has made meanwhile.

        Raises:
            MachineError: what came back is damaged, its process died, or the store cannot be
                written.
        """
        with self._store.claim(stage.address):
            if not replace and self._store.has(stage.address):
                return self._store.manifest(stage.address)
            parcel = self._awaited(call(self._inputs(stage)), stage.address)
            if parcel.address != stage.address:
                raise MachineError(f"another artifact came back: {parcel.address}")
            return unpack(parcel, self._store, replace=replace)

    def _inputs(self, stage: Stage) -> Refs:
        refs: dict[str, Any] = {}
        for address in dict.fromkeys(stage.parents.values()):
            with self._lock:
                if self._closed:
                    raise ArenaError("the run has ended")
                chained = self._chains[address] = chain(self._store, address)
                refs.update({each: self._ref(each) for each in chained})
        return refs

    def _ref(self, address: str) -> Any:
        import ray

        if address not in self._refs:
            self._refs[address] = ray.put(pack(self._store, address))
        return self._refs[address]

    def _awaited(self, ref: Any, address: str) -> Parcel:
        """Wait for the parcel that comes back, and report the remote progress meanwhile."""
        import ray

        file = self._store.progress_file(address)
        board = Board(self.run, address)
        self._flights[ref] = None
        try:
            while not ray.wait([ref], timeout=GLANCE)[0]:
                done = board.read()
                if done is not None:
                    with self._store.writing():
                        file.parent.mkdir(parents=True, exist_ok=True)
                        file.write_text(done)
            parcel: Parcel = ray.get(ref)
            return parcel
        except ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from error
        except ray.exceptions.RayError as error:
            raise MachineError(f"its process died: {error}") from error
        finally:
            del self._flights[ref]
            board.clear()
            file.unlink(missing_ok=True)


def _read_by(node: Node) -> set[str]:
    return set(node.stage.parents.values())


class Board:
    """Where a remote stage reports its progress: a key in Ray's internal table. Losing it does no
    harm, since it is only displayed."""

    def __init__(self, run: str, address: str) -> None:
        self._key = f"arena/{run}/{address}".encode()

    def tell(self, done: int) -> None:
        from ray.experimental import internal_kv

        with contextlib.suppress(Exception):
            internal_kv._internal_kv_put(self._key, str(done).encode(), overwrite=True)

    def read(self) -> str | None:
        from ray.experimental import internal_kv

        with contextlib.suppress(Exception):
            value = internal_kv._internal_kv_get(self._key)
            return None if value is None else value.decode()
        return None

    def clear(self) -> None:
        from ray.experimental import internal_kv

        with contextlib.suppress(Exception):
            internal_kv._internal_kv_del(self._key)


def own_scratch(run: str) -> Store:
    """Return the scratch store of a run on the node of this Ray process."""
    import ray

    return scratch(run, ray.get_runtime_context().get_node_id()[:16])


def perform_sent(stage: Stage, job: Job, run: str, inputs: Refs, replace: bool) -> Parcel:
    """Run the job on the inputs sent to this Ray process; return the parcel of its artifact.

    Raises:
        ArenaError: an input arrived damaged, or this node has no room.
    """
    import ray

    store, board = own_scratch(run), Board(run, stage.address)
    with in_use(store, [*inputs, stage.address]):
        for address, ref in inputs.items():
            receive(store, address, functools.partial(ray.get, ref))
        perform(stage, job, store, replace=replace, tell=board.tell)
        parcel = pack(store, stage.address)
    trim(store)
    return parcel
