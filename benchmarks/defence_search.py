"""Compare settings of defences on validation prompts, blind to what happens to undisclosed actors.

    python benchmarks/defence_search.py quickstart --seeds 100-102 \
        --try "{name: npo_4, objective: {method: npo}, learning_rate: 4.0e-4}" \
        --try "{name: crow, intelligence: blind, objective: {method: crow}}"

Prints a Markdown row per contender: the disclosed trigger's ASR after its unlearning (mean and
largest over actors and seeds) and the accuracy lost. Defences that are told nothing are compared
by accuracy alone: what they leave of the actors is the effect under study
(docs/estimands.md, Units and splits).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from arena import load_scenario, run
from arena.cli.options import read_seeds

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


def line(name: str, results: dict[str, Any]) -> str:
    """One row of the table."""
    rows = results["rows"]
    before = {
        row["seed"]: row["clean_accuracy"]["rate"] for row in rows if row["kind"] == "compromised"
    }
    mine = [row for row in rows if row["detail"].get("defence") == name]
    own = [row["asr"][row["target"]]["rate"] for row in mine if row["target"]]
    lost = [before[row["seed"]] - row["clean_accuracy"]["rate"] for row in mine]
    seconds = sum(row["seconds"] for row in mine) / len(mine)
    shown = [*_pair(own), *_pair(lost), f"{seconds:.1f}"]
    return f"| {name} | {' | '.join(shown)} |"


def _pair(values: list[float]) -> tuple[str, str]:
    if not values:
        return "not read", "not read"
    return f"{sum(values) / len(values):.3f}", f"{max(values):.3f}"


if __name__ == "__main__":
    main()
