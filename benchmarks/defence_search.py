"""Compare settings of defences on validation prompts, blind to their effect on undisclosed actors.

    python benchmarks/defence_search.py quickstart --seeds 100-102 \
        --try "{name: npo_4, objective: {method: npo}, learning_rate: 4.0e-4}" \
        --try "{name: crow, intelligence: blind, objective: {method: crow}}"

Prints a Markdown row per contender: the disclosed trigger's ASR after its unlearning (mean and
largest over actors and seeds) and the accuracy lost. Defences without a disclosed trigger are
compared by accuracy only: the ASR that they leave is the effect under study (docs/estimands.md,
Units and splits).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from recipe_search import rate

from arena import load_scenario, run
from arena.cli.options import read_seeds
from arena.results.run import RunResults

BLIND = ("evaluation.split=validation", "controls={shams: 0}", "defender.target={first}")
HEAD = "| contender | own ASR left, mean | largest | accuracy lost, mean | largest | seconds |"


def main() -> None:
    """Run all contenders over the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", default="100-102")
    parser.add_argument("--set", action="append", default=[], help="holds for all")
    parser.add_argument("--try", action="append", default=[], dest="tries", metavar="YAML")
    given = parser.parse_args()
    first = load_scenario(given.scenario).actors[0].name
    overrides = [text.format(first=first) if "{first}" in text else text for text in BLIND]
    overrides += [*given.set, f"league=[{', '.join(given.tries)}]"]
    scenario = load_scenario(given.scenario, overrides=overrides, seeds=read_seeds(given.seeds))
    with tempfile.TemporaryDirectory() as folder:
        results = run(scenario, out=Path(folder) / "run", quiet=True).results
    print(HEAD + "\n|" + "---|" * (HEAD.count("|") - 1))
    for contender in scenario.league:
        print(line(contender.name, results))


def line(name: str, results: RunResults) -> str:
    """Return one row of the table."""
    before = {row.seed: rate(row.clean_accuracy) for row in results.rows_of("compromised")}
    rows = [row for row in results.rows if row.detail.get("defence") == name]
    own = [rate(row.asr[row.target]) for row in rows if row.target]
    lost = [before[row.seed] - rate(row.clean_accuracy) for row in rows]
    seconds = sum(row.seconds or 0.0 for row in rows) / len(rows)
    shown = [*_pair(own), *_pair(lost), f"{seconds:.1f}"]
    return f"| {name} | {' | '.join(shown)} |"


def _pair(values: list[float]) -> tuple[str, str]:
    if not values:
        return "not read", "not read"
    return f"{sum(values) / len(values):.3f}", f"{max(values):.3f}"


if __name__ == "__main__":
    main()
