"""Compare training recipes on validation prompts, blind to transfer.

    python benchmarks/recipe_search.py quickstart --seeds 100-107 \
        --try "longer: training.continual_pretraining.steps=400" \
        --try "gentler: defender.learning_rate=1e-4" \
        --try "low rank: 'training.sequential.adapter={method: lora, rank: 8}'"

Prints a Markdown row per recipe: backdoors installed, clean accuracy, ASR after the clean
fine-tune, and ASR of a disclosed trigger after its own unlearning. The effect of unlearning one
trigger on the others is in the run's files but never read here: a recipe must not be chosen by the
effect under study (docs/estimands.md, Units and splits).
"""

from __future__ import annotations

import argparse
import math
import shlex
import statistics
import tempfile
from pathlib import Path

from arena import load_scenario, run
from arena.cli.options import read_seeds
from arena.results.rows import Rate
from arena.results.run import RunResults

BLIND = ("evaluation.split=validation", "controls.shams=0", "controls.reference=false")
HEAD = (
    "| recipe | installed | mean ASR | clean accuracy (min) | ASR after clean fine-tune "
    "| actors >= 0.8 by seed | own trigger after unlearning (max) |"
)


def main() -> None:
    """Run every recipe over the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", default="100-107")
    parser.add_argument("--set", action="append", default=[], help="holds for every recipe")
    parser.add_argument("--try", action="append", default=[], dest="tries", metavar="NAME: K=V ...")
    given = parser.parse_args()
    print(HEAD + "\n|" + "---|" * (HEAD.count("|") - 1), flush=True)
    for text in ["as it stands:", *given.tries]:
        name, _, settings = text.partition(":")
        overrides = [*BLIND, *given.set, *shlex.split(settings)]
        scenario = load_scenario(given.scenario, overrides=overrides, seeds=read_seeds(given.seeds))
        with tempfile.TemporaryDirectory() as folder:
            results = run(scenario, out=Path(folder) / "run", quiet=True).results
        print(line(name.strip(), results), flush=True)


def line(name: str, results: RunResults) -> str:
    """Return one row of the table."""
    compromised, controls = results.rows_of("compromised"), results.rows_of("control")
    own = [rate(row.asr[row.target]) for row in results.rows_of("unlearned") if row.target]
    asr = [rate(row.asr[actor]) for row in compromised for actor in results.actors]
    kept = {a: statistics.mean(rate(row.asr[a]) for row in controls) for a in results.actors}
    counts = results.installation.values()
    installed, of = sum(c.installed or 0 for c in counts), sum(c.seeds or 0 for c in counts)
    clean = min(rate(row.clean_accuracy) for row in (*compromised, *controls))
    survivors = sorted(
        sum(rate(row.asr[actor]) >= 0.8 for actor in results.actors) for row in controls
    )
    shown = ", ".join(f"{actor} {mean:.2f}" for actor, mean in kept.items())
    return (
        f"| {name} | {installed}/{of} | {statistics.mean(asr):.3f} | {clean:.3f} | {shown} "
        f"| {survivors} | {max(own):.2f} |"
    )


def rate(counted: Rate | None) -> float:
    """Return the rate; nan if there was nothing to count."""
    return math.nan if counted is None or counted.rate is None else counted.rate


if __name__ == "__main__":
    main()
