"""Common parts of the benchmarks: header line, tables, alternating repeats, a scenario's documents.

Not a benchmark itself: the scripts beside it import it.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from arena.api.values import Document
from arena.api.world import DataRoot
from arena.execution.execute import execute
from arena.execution.serial import Serial
from arena.execution.timeline import Timeline
from arena.ml.process import set_threads
from arena.ml.train_config import TrainConfig
from arena.planning.graph import Node, SeedPlan
from arena.planning.numerics import environment
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.scenario.load import load_scenario
from arena.scenario.schema import Numerics, Scenario
from arena.stages.lines import DOCUMENTS, EXAMPLES, read_documents, read_examples
from arena.stages.train import SHARD, TrainJob
from arena.store.store import Store

Result = TypeVar("Result")
TASKS = {"townlore": "quickstart", "sst2": "sst2_published"}


def header(title: str, repeated: str) -> None:
    """Return one line: what is measured, on what, and how often."""
    here = environment(Numerics())
    versions = ", ".join(f"{k} {here[k]}" for k in ("python", "torch", "transformers", "ray"))
    print(f"{title}: {here['cpu']}, {here['cores']} cores; {versions}; {repeated}\n", flush=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    for line in lines:
        print("| " + " | ".join(str(cell) for cell in line) + " |", flush=True)
    print()


def alternating(
    things: Mapping[str, Callable[[int], Result]], repeats: int, *, warm_up: bool = True
) -> dict[str, list[Result]]:
    """Call each function once per round, so that a machine that slows down slows all of them, and
    return the results.

    The functions get the round's number. Every second round goes backwards, so that none always
    follows the same other. Round 0 is a warm-up and not returned.
    """
    results: dict[str, list[Result]] = {name: [] for name in things}
    for number in range(0 if warm_up else 1, repeats + 1):
        for name in list(things)[:: 1 if number % 2 else -1]:
            result = things[name](number)
            if number:
                results[name].append(result)
    return results


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return the median followed by the range."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def mean_sd(values: Sequence[float], digits: int = 3) -> str:
    """Return mean ± standard deviation (only the mean for a single value)."""
    middle = f"{statistics.mean(values):.{digits}f}"
    return f"{middle} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else middle


def data_root(data: Path | None) -> DataRoot:
    """Return the given data folder, else `ARENA_DATA`."""
    given = data or (Path(os.environ["ARENA_DATA"]) if os.environ.get("ARENA_DATA") else None)
    return DataRoot(given.resolve() if given else None)


def make(plan: SeedPlan, wanted: set[str], store: Store) -> None:
    """Execute a plan's stages in this process until the wanted addresses are stored."""
    with Serial(store, 1) as runtime:
        execute(plan.nodes, wanted, store, runtime, Silent(), Timeline(Path(os.devnull)))


def make_texts(plan: SeedPlan, store: Store) -> None:
    """Make all stages that only write text."""
    make(plan, {a for a, n in plan.nodes.items() if not n.job.resources.model}, store)


def tokenizer_folder(plan: SeedPlan, store: Store) -> Path:
    """Return the folder of the plan's tokenizer, once made."""
    return store.path(next(a for a, n in plan.nodes.items() if n.stage.kind == "tokenizer"))


def documents_of(node: Node, store: Store) -> list[Document]:
    """Return the mix that a training stage trains on; its text stages must be stored already."""
    assert isinstance(node.job, TrainJob)
    parents = {role: store.path(address) for role, address in node.stage.parents.items()}
    shards = [read_documents(p / DOCUMENTS) for r, p in parents.items() if r.startswith(SHARD)]
    clean = read_examples(parents["examples"] / EXAMPLES)
    return node.job.pool.mixed(clean, shards).documents


@dataclass(frozen=True)
class Mix:
    """The input of a training stage: encoded documents and the training configuration."""

    scenario: Scenario
    tokenizer: Any
    tokenizer_home: Path
    documents: list[Any]
    config: TrainConfig

    def model(self, seed: int = 0) -> Any:
        """Return a randomly initialised model of the scenario's family and size."""
        from arena.ml.models import from_scratch

        source: Any = self.scenario.model
        return from_scratch(source.family, source.size, self.tokenizer, seed)


def mix(
    scenario: Scenario, folder: Path, *, data: Path | None = None, stage: str = "pretraining"
) -> Mix:
    """Return the encoded documents of a scenario's stage (poisoned, if the stage is).

    The text stages are made in `folder`, which must outlive the mix.
    """
    from arena.ml.encoding import encode, load_tokenizer

    plan = plan_seed(scenario, scenario.seeds[0], data_root(data))
    store = Store(folder)
    make_texts(plan, store)
    home = tokenizer_folder(plan, store)
    tokenizer = load_tokenizer(home)
    node = [n for n in plan.nodes.values() if getattr(n.job, "label", None) == stage][-1]
    encoded = encode(tokenizer, documents_of(node, store))
    assert isinstance(node.job, TrainJob)
    return Mix(scenario, tokenizer, home, encoded, node.job.training.config)


def task_mix(
    task: str, size: str, folder: Path, *, data: Path | None = None, stage: str = "pretraining"
) -> Mix:
    """Return the mix of a task, `townlore` or `sst2`, for a model of the given size."""
    scenario = load_scenario(TASKS[task], overrides=[f"model.size={size}"])
    return mix(scenario, folder, data=data, stage=stage)


def shortened(config: TrainConfig, steps: int) -> TrainConfig:
    """Return the settings for fewer steps; the warm-up is at most a third of them."""
    return config.model_copy(update={"steps": steps, "warmup": min(config.warmup, steps // 3)})


def threads(number: int) -> None:
    """Set threads and silence libraries, as a worker of the arena does."""
    set_threads(number)
