"""The files for Slurm and Kubernetes in docs/cluster, as far as one machine can try them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena.scenario.load import load_scenario
from tests.cluster import across
from tests.support.ray_nodes import ROOT, free_port

FILES = ROOT / "docs" / "cluster"
SCRIPT = FILES / "slurm.sbatch"
# Runs on this machine what it is asked to run on a node, and notes the call.
SRUN = """#!/bin/bash
echo "$*" >> "$CALLS"
while [[ $1 == --* ]]; do shift; done
[[ $1 != hostname ]] || {{ echo "127.0.0.2 192.0.2.1"; exit; }}
[[ $1 != ray ]] || {{ shift; set -- "{python}" -m ray.scripts.scripts "$@" "$SMALL"; }}
exec "$@"
"""
SCONTROL = '#!/bin/bash\n[[ "$1 $2 $3" == "show hostnames n[1-2]" ]] && printf "n1\\nn2\\n"\n'
ARENA = '#!/bin/bash\nexec "{python}" -m arena.cli "$@"\n'


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FILES / "kuberay.yaml").read_text()))


def test_the_job_runs_a_valid_scenario_on_one_store_with_tokens() -> None:
    volume, job = manifests()
    assert volume["spec"]["accessModes"] == ["ReadWriteMany"]
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token"}
    pods = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for pod in (each["template"]["spec"] for each in pods):
        (container,) = pod["containers"]
        assert container["env"] == [{"name": "ARENA_STORE", "value": "/arena/store"}]
        assert container["volumeMounts"] == [{"name": "arena", "mountPath": "/arena"}]
        claim = pod["volumes"][0]["persistentVolumeClaim"]["claimName"]
        assert claim == volume["metadata"]["name"]


def test_its_command_line_is_valid() -> None:
    import shlex

    arena, run, name, *rest = shlex.split(manifests()[1]["spec"]["entrypoint"])
    assert (arena, run) == ("arena", "run")
    overrides = [rest[i + 1] for i, word in enumerate(rest) if word == "--set"]
    scenario = load_scenario(name, overrides=overrides)
    assert scenario.runtime.resources["default"].cpus == 1
    assert "auto" not in (scenario.numerics.threads, scenario.numerics.precision)


def test_the_slurm_script_is_bash(tmp_path: Path) -> None:
    done = subprocess.run(["bash", "-n", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", SCRIPT], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_without_a_store_the_slurm_script_starts_nothing(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "ARENA_STORE": ""}
    done = subprocess.run(["bash", SCRIPT], env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "set it to a folder that all nodes share" in done.stderr


@pytest.mark.slow
def test_the_slurm_script_runs_a_scenario_on_all_nodes(tmp_path: Path) -> None:
    """Two nodes on this machine, with stand-ins for srun and scontrol."""
    stand_ins = {"srun": SRUN, "scontrol": SCONTROL, "arena": ARENA}
    for name, text in stand_ins.items():
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        python = sys.executable
        file.write_text(text if name == "scontrol" else text.format(python=python))
        file.chmod(0o755)
    command = across.run_command(tmp_path, full=False)
    env = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CALLS": str(tmp_path / "calls"),
        "ARENA_STORE": str(command.store),
        "SLURM_JOB_ID": str(free_port()),
        "SLURM_JOB_NODELIST": "n[1-2]",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_CPUS_PER_TASK": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "SMALL": "--object-store-memory=80000000",
    }
    more = ("--out", str(command.out), "--set", "runtime.workers=2")
    done = subprocess.run(
        ["bash", SCRIPT, command.words[1], *more],
        env=env,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    across.check_stages(command)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert "--nodelist=n1 ray start --head" in calls[1]
    assert "--nodes=1 --ntasks=1 --exclude=n1 ray start --address=127.0.0.2:" in calls[2]
    assert len(calls) == 3
