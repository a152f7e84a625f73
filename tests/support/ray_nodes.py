"""Ray nodes on this machine: each a tree of processes of its own, on loopback, until killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
START = 90.0  # seconds that a node may take to start
END = 30.0  # seconds that killed processes may take to be gone
STORE_BYTES = 80 * 2**20  # of a node's object store, the least that Ray allows is about this
WORKER_PORTS = 200  # per node
# `ray start` puts this machine's address in loopback's place, and its ports are then open to all.
LAUNCH = """
from ray._private import services
services.resolve_ip_for_localhost = lambda host: host
from ray.scripts.scripts import main
main()
"""
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # the same for a driver
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@dataclass(frozen=True)
class RayNode:
    """A running node. process: its `ray start --block`, the root of the tree."""

    name: str
    process: subprocess.Popen[bytes]

    def tree(self) -> list[psutil.Process]:
        """Return its processes that live, its root first."""
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def at_work(self, name: str) -> bool:
        """Whether one of its processes runs the method or task of this name now."""
        for process in self.tree():
            with contextlib.suppress(psutil.Error):
                if f"ray::{name}" in " ".join(process.cmdline()):
                    return True
        return False

    def kill(self) -> None:
        """Kill all of it at once, as when the machine fails."""
        tree = self.tree()
        for act in (psutil.Process.suspend, psutil.Process.kill):
            for process in tree:
                with contextlib.suppress(psutil.Error):
                    act(process)
        self.process.wait()
        psutil.wait_procs(tree, timeout=END)  # torch takes a while to let go of its memory


@dataclass
class RayNodes:
    """A head and nodes that join it; a context manager that ends what it started.

    environment: of every node, over this process's.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    nodes: list[RayNode] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="rn-", dir="/tmp"))  # short, for Ray's sockets
        self._port = free_port()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for node in reversed(self.nodes):
            node.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def address(self) -> str:
        """Where the head answers."""
        return f"{HOST}:{self._port}"

    def head(
        self, cpus: int = 1, gpus: int = 0, wrapper: Sequence[str] = (), **environment: str
    ) -> RayNode:
        """Start the head; wrapper as for `join`."""
        flags = ["--head", f"--port={self._port}", "--include-dashboard=false"]
        flags += [f"--temp-dir={self._folder / 'head'}"]
        return self._start("head", flags, cpus, gpus, environment, wrapper)

    def join(
        self,
        name: str,
        cpus: int = 1,
        gpus: int = 0,
        wrapper: Sequence[str] = (),
        **environment: str,
    ) -> RayNode:
        """Start a node that joins. wrapper: a command that starts it, such as `unshare`."""
        flags = [f"--address={self.address}"]
        return self._start(name, flags, cpus, gpus, environment, wrapper)

    def _start(
        self,
        name: str,
        flags: Sequence[str],
        cpus: int,
        gpus: int,
        environment: Mapping[str, str],
        wrapper: Sequence[str] = (),
    ) -> RayNode:
        low = 20_000 + os.getpid() % 6 * 2_000 + WORKER_PORTS * len(self.nodes)
        common = [
            f"--node-ip-address={HOST}",
            f"--node-name={name}",
            f"--num-cpus={cpus}",
            f"--num-gpus={gpus}",
            f"--object-store-memory={STORE_BYTES}",
            f"--min-worker-port={low}",
            f"--max-worker-port={low + WORKER_PORTS - 1}",
            "--disable-usage-stats",
            "--block",
        ]
        log = (self._folder / f"{name}.log").open("wb")
        command = [*wrapper, sys.executable, "-c", LAUNCH, "start", *flags, *common]
        env = {**os.environ, **QUIET, **self.environment, **environment}
        process = subprocess.Popen(
            command, env=env, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT
        )
        node = RayNode(name, process)
        self.nodes.append(node)
        self._await(node)
        return node

    def _await(self, node: RayNode) -> None:
        """Until its log says that it runs."""
        log, end = self._folder / f"{node.name}.log", time.monotonic() + START
        while b"Ray runtime started" not in log.read_bytes():
            if node.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"node {node.name} did not start:\n{log.read_text()}")
            time.sleep(0.1)


def without(folder: Path) -> tuple[str, ...]:
    """Return a command under which a node sees an empty folder in the place of this one; empty
    where this machine does not allow that (`unshare --mount`)."""
    apart = ("unshare", "--mount", "--propagation", "private", "sh", "-c")
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        return ()
    return (*apart, f'mount -t tmpfs none "{folder}" && exec "$@"', "sh")


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])
