"""The cost of a study's trial, when one actor changes its strategy and everything else is
unchanged.

    python benchmarks/trial.py --repeats 3

Runs the quickstart on an empty store, then again on that store with one setting changed
(`--change`), each in a separate process. A trial measures the ASR left after unlearning and after
the clean fine-tune; it has no shams (`--lean ""` keeps them). Prints seconds of both, the number of
stages that each ran, and the ratio. Starting Ray and its workers is included in both here; in a
study only the first trial starts them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import common
import runs

LEAN = "controls.shams=0"
CHANGE = "actors.lexical.poison.rate=0.1"


def main() -> None:
    """Run the pairs and print the table."""
    given = _given()
    pairs = [_pair(given) for _ in range(given.repeats)]
    common.header(f"A trial ({given.change})", f"{given.repeats} repeats, median (range)")
    whole = statistics.median(first.seconds for first, _ in pairs)
    rows = []
    for name, done in zip(("first run", "trial"), zip(*pairs, strict=True), strict=True):
        took = [run.seconds for run in done]
        ratio = f"{statistics.median(took) / whole:.2f}"
        rows.append((name, common.spread(took), done[0].fresh, ratio))
    common.table(("run", "seconds", "stages done", "of a first run's seconds"), rows)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--change", default=CHANGE, metavar="KEY=VALUE")
    parser.add_argument("--lean", default=LEAN, metavar="KEY=VALUE", help="of the trial only")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="holds for both"
    )
    return parser.parse_args()


def _pair(given: argparse.Namespace) -> tuple[runs.Ran, runs.Ran]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = runs.arena_run("quickstart", folder / "first", folder / "store", given.set)
        lean = [given.lean] if given.lean else []
        changed = [*given.set, given.change, *lean]
        return first, runs.arena_run("quickstart", folder / "trial", folder / "store", changed)


if __name__ == "__main__":
    main()
