"""The cost of a strategy beside that of a cold quickstart: as a run of its own, and in a search.

    python benchmarks/trial.py --repeats 3

Runs the quickstart on an empty store, then again on that store with one setting changed
(`--change`), each in a separate process: a run of its own starts Ray and its workers anew, and has
no shams (`--lean ""` keeps them). Then a search (`--search`) tries strategies in one seed, one
after the other on one worker that stays up; the first also makes what all share, and is left out.
A first run has two workers, so a trial uses half of the cores that it is compared with.
Prints seconds, and their ratio to the first run's.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import common
import runs

LEAN = "controls.shams=0"
CHANGE = "actors.lexical.poison.rate=0.1"
# One seed, one strategy at a time, and as little as possible after the search.
SEARCH = ("league=[]", "runtime.workers=1", "tune.best=1", "tune.compare=[]")
SEEDS = "tune.seeds={search: [100], select: [110], report: [20]}"
TRIAL = re.compile(r"(started|finished|pruned) trial (\d+) ")


def main() -> None:
    """Run everything and print the table."""
    given = _given()
    pairs = [_pair(given) for _ in range(given.repeats)]
    whole = [first.seconds for first, _ in pairs]
    rows = [
        _row("first run", whole, whole, pairs[0][0].fresh),
        _row("a run of its own", [trial.seconds for _, trial in pairs], whole, pairs[0][1].fresh),
    ]
    if given.search:
        ended = _searched(given)
        for kind in sorted({kind for kind, _ in ended}):
            took = [seconds for each, seconds in ended if each == kind]
            rows.append(_row(f"in {given.search}: {kind} ({len(took)})", took, whole))
    common.header(f"A trial ({given.change})", f"{given.repeats} repeats, median (range)")
    common.table(("run", "seconds", "stages done", "of a first run's seconds"), rows)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--change", default=CHANGE, metavar="KEY=VALUE")
    parser.add_argument("--lean", default=LEAN, metavar="KEY=VALUE", help="of a run of its own")
    parser.add_argument("--search", default="tune_all", metavar="SCENARIO", help='"" for none')
    parser.add_argument("--trials", type=int, default=8, help="of the search")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="holds for both runs"
    )
    return parser.parse_args()


def _row(
    name: str, took: list[float], whole: list[float], fresh: int | str = ""
) -> tuple[object, ...]:
    ratio = statistics.median(took) / statistics.median(whole)
    return (name, common.spread(took), fresh, f"{ratio:.2f}")


def _pair(given: argparse.Namespace) -> tuple[runs.Ran, runs.Ran]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = runs.arena_run("quickstart", folder / "first", folder / "store", given.set)
        lean = [given.lean] if given.lean else []
        changed = [*given.set, given.change, *lean]
        return first, runs.arena_run("quickstart", folder / "trial", folder / "store", changed)


def _searched(given: argparse.Namespace) -> list[tuple[str, float]]:
    """How each trial but the first ended, and its seconds."""
    settings = [*SEARCH, SEEDS, f"tune.trials={given.trials}"]
    with tempfile.TemporaryDirectory() as name:
        out, store = Path(name) / "search", Path(name) / "store"
        flags = [flag for setting in settings for flag in ("--set", setting)]
        command = [*runs.ARENA, "tune", given.search, "--quiet", "--out", str(out), *flags]
        runs.timed(command, {"ARENA_STORE": str(store)})
        lines = (out / "events.jsonl").read_text().splitlines()
    return ended(map(json.loads, lines))


def ended(events: Iterable[Mapping[str, object]]) -> list[tuple[str, float]]:
    """Return how each trial but the first ended (finished or pruned), and its seconds."""
    starts, trials = dict[int, float](), list[tuple[str, float]]()
    for event in events:
        if match := TRIAL.match(str(event["event"])):
            kind, number, time = match[1], int(match[2]), float(str(event["time"]))
            if kind == "started":
                starts[number] = time
            elif number:
                trials.append((kind, time - starts[number]))
    return trials


if __name__ == "__main__":
    main()
