"""More than one node, on this machine: a death, stores that are not shared, tokens, ports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster import across
from tests.support.ray_nodes import LOOPBACK, RayNodes, without

pytestmark = pytest.mark.slow
TOKEN, OTHER = across.TOKEN, {**across.TOKEN, "RAY_AUTH_TOKEN": "f" * 64}


@pytest.fixture(scope="module")
def nodes() -> Iterator[RayNodes]:
    with RayNodes(TOKEN) as running:
        running.head()
        yield running


def refused(command: across.Command, nodes: RayNodes, **environment: str) -> tuple[int, str]:
    """Run it on the nodes; its exit status, and what it said."""
    more = ("--address", nodes.address, "--set", "runtime.workers=2")
    status = command.start(*more, **LOOPBACK, **environment).wait(timeout=across.LIMIT)
    return status, (command.home / "log").read_text()


def test_the_nodes_listen_on_loopback_only(nodes: RayNodes) -> None:
    pids = {process.pid for node in nodes.nodes for process in node.tree()}
    listening = [
        each.laddr.ip.removeprefix("::ffff:")
        for each in psutil.net_connections("inet")
        if each.status == psutil.CONN_LISTEN and each.pid in pids
    ]
    assert len(listening) >= 4  # the head's store of tables, its node, and two agents
    assert all(ip.startswith("127.") for ip in listening)


@pytest.mark.parametrize("given", [{}, OTHER, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": ""}])
def test_without_the_token_a_cluster_is_refused(
    nodes: RayNodes, tmp_path: Path, given: dict[str, str]
) -> None:
    """`HOME` holds no token either."""
    command = across.run_command(tmp_path, full=False)
    without = {"RAY_AUTH_MODE": "disabled", **given, "HOME": str(tmp_path)}
    status, told = refused(command, nodes, **without)
    assert status == 2, told
    assert "--address: the cluster requires its token" in told
    assert "RAY_AUTH_TOKEN_PATH" in told
    assert "Traceback" not in told
    assert not command.made()


def test_more_than_the_cluster_has_is_refused_before_any_stage(
    nodes: RayNodes, tmp_path: Path
) -> None:
    command = across.run_command(tmp_path, full=False)
    asked = across.Command(
        tmp_path, (*command.words, "--set", "runtime.resources={train: {gpus: 1}}")
    )
    status, told, _ = refused(asked, nodes, **TOKEN)
    assert status == 2, told
    assert "runtime.resources: the processes of this run need more than the cluster has" in told
    assert "GPU 2" in told
    assert not asked.made()


def test_a_node_with_another_store_is_refused_by_name(nodes: RayNodes, tmp_path: Path) -> None:
    """The second node has an empty file system where the first has the store."""
    command = across.run_command(tmp_path, full=False)
    command.store.mkdir(parents=True)
    apart = without(command.store)
    if not apart:
        pytest.skip("needs the right to have file systems of its own (unshare --mount)")
    stranger = nodes.join("stranger", wrapper=apart)
    try:
        status, told, _ = refused(command, nodes, **TOKEN)
    finally:
        stranger.kill()
    assert status == 2, told
    assert "node stranger (127.0.0.1) does not see this machine's artifact store" in told
    assert str(command.store) in told
    assert "put ARENA_STORE on a file system that they share, or set runtime.artifacts=" in told
    assert not command.made()


@pytest.mark.parametrize("artifacts", ["shared", "sent"])
@pytest.mark.parametrize("name", ["run", "tune"])
def test_a_node_that_dies_changes_no_number(tmp_path: Path, name: str, artifacts: str) -> None:
    """As `make cluster-test`, which prints how long it took."""
    line = [sys.executable, "-m", "tests.cluster", "--only", name, "--artifacts", artifacts]
    done = subprocess.run(line, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"| {name}, {artifacts} |" in done.stdout
