"""Train a scenario's clean base and save it as an ordinary Hugging Face checkpoint folder.

    python benchmarks/make_checkpoint.py quickstart checkpoints/micro --set model.size=micro

Without access to a model hub, this makes a checkpoint that `model: {pretrained: PATH}` loads; the
bundled scenario `pretrained_lora` expects it at `checkpoints/micro`.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from arena.api.world import DataRoot
from arena.execution.execute import execute
from arena.execution.serial import Serial
from arena.execution.timeline import Timeline
from arena.planning.numerics import settings
from arena.planning.plan import plan_seed
from arena.progress.display import display
from arena.scenario.load import load_scenario
from arena.store.manifest import MANIFEST
from arena.store.store import Store, default_root


def main() -> None:
    """Train (or find in the store) the clean base of the first seed, and copy it out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    scenario = load_scenario(given.scenario, overrides=given.set)
    plan = plan_seed(scenario, scenario.seeds[0], DataRoot())
    base = next(a for a, n in plan.nodes.items() if n.stage.name.startswith("clean base"))
    store = Store(default_root().resolve())
    timeline, threads = Timeline(Path(os.devnull)), settings(scenario.numerics)["threads"]
    with display("checkpoint") as bars, Serial(store, threads) as runtime:
        execute(plan.nodes, {base}, store, runtime, bars, timeline)
    shutil.copytree(
        store.path(base), given.folder, ignore=shutil.ignore_patterns(MANIFEST), dirs_exist_ok=True
    )
    print(f"checkpoint: {given.folder}")


if __name__ == "__main__":
    main()
