"""Ray is started privately and from any folder; an address without a cluster is wrong input."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from arena.errors import InputError
from arena.execution import ray_cluster

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
import psutil, ray
from arena.execution.ray_cluster import start_ray

start_ray(None)

@ray.remote
def look():
    import attackers, defenders, numpy
    return [module.__file__ for module in (attackers, defenders, numpy)]

homes = ray.get(look.remote())
me = psutil.Process()
session = ray._private.worker._global_node.get_session_dir_path()
ours = [me, *me.children(recursive=True)]
# those that have just ended have no command line
everyone = psutil.process_iter(["cmdline"])
ours += [p for p in everyone if any(session in w for w in p.info["cmdline"] or ())]
pids = {process.pid for process in ours}
names = sorted({process.name() for process in ours})
listening = {c.laddr.ip for c in psutil.net_connections("inet")
             if c.status == psutil.CONN_LISTEN and c.pid in pids}
import attackers, defenders, numpy
print(json.dumps({
    "worker": homes,
    "driver": [module.__file__ for module in (attackers, defenders, numpy)],
    "listening": sorted(listening),
    "processes": names,
}))
ray.shutdown()
"""


def test_it_listens_on_loopback_only_and_imports_what_the_driver_does(tmp_path: Path) -> None:
    """From a folder with modules of the same names, and a long temporary folder."""
    hostile, long = tmp_path / "hostile", tmp_path / ("long" * 20)
    for folder in (hostile / "attackers", hostile / "defenders", long):
        folder.mkdir(parents=True)
    (hostile / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "TMPDIR": str(long)}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=hostile,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["worker"] == seen["driver"]
    assert {"gcs_server", "raylet"} <= set(seen["processes"])
    assert any(name.startswith("ray::") for name in seen["processes"])  # workers and agents
    assert seen["listening"]
    assert all(ip.removeprefix("::ffff:").startswith("127.") for ip in seen["listening"])


def test_without_a_home_folder_ray_gets_a_token_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    ray_cluster._bring_token()
    assert "RAY_AUTH_TOKEN" not in os.environ  # Ray itself keeps one there
    monkeypatch.setenv("HOME", "/proc/none")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of the user")
    ray_cluster._bring_token()
    assert os.environ["RAY_AUTH_TOKEN"] == "of the user"
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    ray_cluster._bring_token()
    assert len(os.environ.pop("RAY_AUTH_TOKEN")) == 64


def test_an_address_that_nothing_answers_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="no Ray cluster answers") as refused:
        ray_cluster.start_ray(f"127.0.0.1:{port}")
    assert refused.value.key == "--address"
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("address", ["127.0.0.1:port", "127.0.0.1:99999999"])
def test_an_address_that_is_none_is_wrong_input(address: str) -> None:
    with pytest.raises(InputError, match="no Ray cluster"):
        ray_cluster.start_ray(address)
