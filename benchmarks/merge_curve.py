"""Which backdoors survive a merge: ASR of every actor over the weight of the merge.

    python benchmarks/merge_curve.py merged.yaml --seeds 100-101 --weights 0.5,1,1.5,2 \
        --modules all,mlp --methods task_arithmetic,ties [--pairs] [--set KEY=VALUE ...]

Each actor trains separately, as in the scenario (composition `merged`); only the merge differs
between rows. Validation prompts; nothing is unlearned. `--pairs` merges two actors at a time.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import common
from arena import load_scenario
from arena.cli.options import read_seeds
from arena.ml.process import set_threads
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.runs.gather import rates
from arena.stages.merge import PART, MergeJob
from arena.stages.score import SCORES, ScoreJob
from arena.store.store import Store, opened_store

BLIND = ("composition=merged", "evaluation.split=validation", "controls.reference=false")


def main() -> None:
    """Train the parts, merge them in every way, print a row per way and seed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", default="100-101")
    parser.add_argument("--weights", default="0.5,1,1.5,2")
    parser.add_argument("--modules", default="all")
    parser.add_argument("--methods", default="task_arithmetic")
    parser.add_argument("--density", type=float, default=0.5)
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    set_threads(1)
    print("| seed | actors | method | modules | weight | ASR | clean accuracy |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for seed in read_seeds(given.seeds):
        overrides = [*BLIND, *given.set]
        scenario = load_scenario(given.scenario, overrides=overrides, seeds=[seed])
        plan = plan_seed(scenario, seed, common.data_root(None))
        store = opened_store(None)
        (merged,) = (n for n in plan.nodes.values() if isinstance(n.job, MergeJob))
        common.make(plan, set(merged.stage.parents.values()), store)
        parts = [role for role in merged.stage.parents if role.startswith(PART)]
        sizes = (1, 2) if given.pairs else (1, len(parts))
        ways = [
            (replace(merged.job, method=m, modules=k, weight=float(w), density=given.density), who)
            for size in sizes
            for who in itertools.combinations(parts, size)
            for m in given.methods.split(",")
            for k in given.modules.split(",")
            for w in (given.weights.split(",") if size > 1 else ("1",))
        ]
        for job, who in ways:
            shown, accuracy = scored(job, plan, merged.stage.parents, who, store)
            names = "+".join(role.removeprefix(PART) for role in who)
            print(
                f"| {seed} | {names} | {job.method} | {job.modules} | {job.weight:g} | {shown} "
                f"| {accuracy:.2f} |",
                flush=True,
            )


def scored(
    job: MergeJob, plan: SeedPlan, parents: dict[str, str], who: Sequence[str], store: Store
) -> tuple[str, float]:
    """Return ASR by actor as text, and clean accuracy, of a merge of some of the parts."""
    import json

    with tempfile.TemporaryDirectory() as folder:
        model, scores = Path(folder, "model"), Path(folder, "scores")
        model.mkdir()
        scores.mkdir()
        inputs = {"model": store.path(parents["model"])}
        job.run(inputs | {role: store.path(parents[role]) for role in who}, model, silent)
        (score,) = list(score_jobs(plan))[:1]
        score.run({"model": model}, scores, silent)
        found = json.loads((scores / SCORES).read_bytes())
    asr = {actor: rate.hits / rate.n for actor, rate in rates(found, "asr").items()}
    shown = ", ".join(f"{actor} {value:.2f}" for actor, value in asr.items())
    return shown, found["clean"]["hits"] / found["clean"]["n"]


def score_jobs(plan: SeedPlan) -> Iterator[ScoreJob]:
    """Return the scoring job, the same for all of the plan's models."""
    yield from (n.job for n in plan.nodes.values() if isinstance(n.job, ScoreJob))


def silent(done: int) -> None:
    """A progress callback that does nothing."""


if __name__ == "__main__":
    main()
