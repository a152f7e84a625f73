"""Compare two ways to get a removal's dose curve: one run per learning rate, and checkpoints of one
run.

    python benchmarks/dose_curves.py quickstart --seeds 100-102 --out curves.json

Per seed: every target's removal and the clean fine-tune, on validation prompts. Dose is the summed
learning rate of the steps taken. Writes, for every way, run and dose, the ASR of each actor, clean
accuracy, and the CPU seconds of training. Prints, per way, the dose of `least` and `most`
(docs/estimands.md), T there and over the curve, and the cost.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from arena import load_scenario, registry, seeds
from arena.api.job import Inputs
from arena.api.matching import Question
from arena.api.probes import ProbeSet
from arena.api.trigger import NoTrigger
from arena.api.world import DataRoot
from arena.cli.options import read_seeds
from arena.execution.execute import execute
from arena.execution.serial import Serial
from arena.execution.timeline import Timeline
from arena.ml import checkpoints, encoding, scoring, training
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.stages.score import ScoreJob, asks_of
from arena.stages.unlearn import UnlearnJob
from arena.store.store import Store

RATES = (5e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3)
BLIND = ("evaluation.split=validation", "controls.shams=0", "controls.reference=false")


@dataclass(frozen=True)
class Way:
    """One run of a removal: its settings, and the steps after which it is scored."""

    name: str
    rate: float
    steps: int
    final: float
    marks: tuple[int, ...]


def ways() -> Iterator[Way]:
    """Return the ways: a run per rate with the default schedule; one run at the highest rate,
    decaying or constant; one at a third of it, three times as long."""
    for rate in RATES:
        yield Way("rates", rate, 60, 0.1, (60,))
    along = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30, 40, 60)
    yield Way("one run, decaying", 1e-3, 60, 0.1, along)
    yield Way("one run, constant", 1e-3, 60, 1.0, along)
    longer = tuple(sorted({*(3 * step for step in along), 1, 2, 200}))
    yield Way("one run, 3e-4", 3e-4, 200, 1.0, longer)


@dataclass(frozen=True)
class Point:
    """A removal at one dose."""

    way: str
    seed: int
    target: str
    step: int
    dose: float
    asr: dict[str, float]
    accuracy: float
    seconds: float


def points(plan: SeedPlan, node: Node, target: str, inputs: Inputs, way: Way) -> list[Point]:
    """Train one removal, score it along its way and return the points."""
    job = node.job
    assert isinstance(job, UnlearnJob)
    settings = {"learning_rate": way.rate, "steps": way.steps, "final_lr_fraction": way.final}
    config = job.training.config.model_copy(update=settings)
    objective = registry.get("objective", job.objective)(job.params)
    brief = dataclasses.replace(job.brief, model=inputs["model"])
    suspect = checkpoints.open_for_training(inputs, None, job.training, brief.seed)
    ready = objective.prepare(suspect.model, suspect.tokenizer, brief)
    plain = objective.needs_trigger and isinstance(brief.trigger, NoTrigger)
    found: list[Point] = []
    spent, began = 0.0, time.process_time()

    def after(step: int) -> None:
        nonlocal spent, began
        if step not in way.marks:
            return
        spent += time.process_time() - began
        suspect.model.eval()
        asr, accuracy = scored(suspect, probes_of(plan))
        suspect.model.train()
        dose = dose_after(config.learning_rate, way, config.warmup, step)
        found.append(Point(way.name, plan.seed, target, step, dose, asr, accuracy, spent))
        began = time.process_time()

    training.train_documents(
        suspect,
        objective.documents(brief),
        config,
        seeds.rng(brief.seed, "unlearn order"),
        after,
        loss=training.answer_loss if plain else ready.loss,
        divisible=plain or ready.divisible,
    )
    return found


def dose_after(rate: float, way: Way, warmup: int, steps: int) -> float:
    """Return the summed learning rate of the first steps."""

    def at(step: int) -> float:
        if step < warmup:
            return rate * (step + 1) / warmup
        span = max(1, way.steps - warmup)
        return rate * (1 - (1 - way.final) * (step - warmup) / span)

    return sum(map(at, range(steps)))


def scored(suspect: checkpoints.Suspect, probes: ProbeSet) -> tuple[dict[str, float], float]:
    """Return ASR by actor and clean accuracy."""
    kept = dataclasses.replace(probes, probes=tuple(p for p in probes.probes if p.kind == "asr"))
    asks = asks_of(kept)
    limit = max(
        len(ids)
        for ids in encoding.encode_answers(
            suspect.tokenizer, sorted({draft for ask in asks for draft in ask.drafts})
        )
    )
    verdicts = scoring.answers(suspect.model, suspect.tokenizer, asks, limit)
    said = {
        (ask.prompt, question): verdict
        for ask, of_ask in zip(asks, verdicts, strict=True)
        for question, verdict in zip(ask.questions, of_ask, strict=True)
    }
    asr = {
        probe.actor: share(
            said[prompt, Question(probe.match, wanted)]
            for prompt, wanted in zip(probe.prompts, probe.wanted, strict=True)
        )
        for probe in kept.probes
    }
    return asr, share(said[d.prompt, Question("exact", d.answer)] for d in kept.clean)


def share(hits: Iterable[bool]) -> float:
    """Return the share of hits."""
    counted = list(hits)
    return sum(counted) / len(counted)


def probes_of(plan: SeedPlan) -> ProbeSet:
    """Return the probes of a plan's models."""
    return next(node.job.probes for node in plan.nodes.values() if isinstance(node.job, ScoreJob))


def of_seed(name: str, seed: int, overrides: Sequence[str], folder: Path) -> Iterator[Point]:
    """Return all curves of one seed."""
    scenario = load_scenario(name, overrides=[*BLIND, *overrides], seeds=(seed,))
    plan = plan_seed(scenario, seed, DataRoot())
    store = Store(folder)
    removals = {
        row.target or "control": plan.nodes[row.model]
        for row in plan.rows
        if row.kind in ("unlearned", "control")
    }
    wanted = {node.stage.parents["model"] for node in removals.values()}
    with (
        Serial(store, 1) as runtime,
        contextlib.closing(Timeline(folder / "events.jsonl")) as timeline,
    ):
        execute(plan.nodes, wanted, store, runtime, Silent(), timeline)
    for target, node in removals.items():
        inputs = {role: store.path(address) for role, address in node.stage.parents.items()}
        for way in ways():
            yield from points(plan, node, target, inputs, way)


def main() -> None:
    """Write the curves of all seeds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", default="100-102")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    every: list[Point] = []
    for seed in read_seeds(given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            every += of_seed(given.scenario, seed, given.set, Path(folder))
        given.out.write_text(json.dumps([asdict(point) for point in every]))
        print(f"seed {seed}: {len(every)} points", flush=True)


if __name__ == "__main__":
    main()
