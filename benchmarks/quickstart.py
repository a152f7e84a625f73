"""The quickstart as a user runs it: cold, warm, and against a plain script.

    python benchmarks/quickstart.py --plain --repeats 3

Every run is a separate process, timed from start to end. Cold: an empty store. Warm: the same again
on the store that the cold run filled. Plain: `plain_quickstart.py`. They alternate; there is no
warm-up, because a cold start is what is measured.

Prints seconds and ratios, and each run's peak memory (PSS, every half second): the driver, the
biggest worker, Ray's own services, and all of them at one time. `--no-memory` leaves this out, and
with it the cost of measuring.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import common
import runs

PLAIN = Path(__file__).with_name("plain_quickstart.py")
Measured = tuple[float, runs.Peaks]


def main() -> None:
    """Run everything and print the tables."""
    given = _given()
    with tempfile.TemporaryDirectory() as folder:
        found = common.alternating(_things(given, Path(folder)), given.repeats, warm_up=False)
    common.header("Quickstart", f"{given.repeats} repeats, alternating, median (range)")
    _times({name: [seconds for seconds, _ in measured] for name, measured in found.items()})
    if not given.no_memory:
        _memory({name: [peaks for _, peaks in measured] for name, measured in found.items()})


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plain", action="store_true", help="the plain script as well")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--limit-steps", type=int, help="of the plain script (to try)")
    return parser.parse_args()


def _things(given: argparse.Namespace, folder: Path) -> dict[str, Callable[[int], Measured]]:
    """The things to time. A warm run uses the store of its round's cold run, which is made first if
    necessary."""
    memory, pairs = not given.no_memory, {}

    def pair(number: int) -> tuple[Measured, Measured]:
        if number not in pairs:
            pairs[number] = _cold_and_warm(folder / str(number), given.set, memory)
        return pairs[number]

    things: dict[str, Callable[[int], Measured]] = {
        "cold": lambda number: pair(number)[0],
        "warm": lambda number: pair(number)[1],
    }
    if given.plain:
        limit = ["--limit-steps", str(given.limit_steps)] if given.limit_steps else []
        settings = [text for override in given.set for text in ("--set", override)]
        command = [sys.executable, str(PLAIN), *limit, *settings]
        things["plain"] = lambda _: runs.timed(command, {}, memory=memory)
    return things


def _cold_and_warm(folder: Path, overrides: list[str], memory: bool) -> tuple[Measured, Measured]:
    first, second = (
        runs.arena_run("quickstart", folder / name, folder / "store", overrides, memory=memory)
        for name in ("cold", "warm")
    )
    if second.fresh:
        raise SystemExit(f"the warm run did {second.fresh} stages again")
    return (first.seconds, first.peaks), (second.seconds, second.peaks)


def _times(seconds: dict[str, list[float]]) -> None:
    cold = statistics.median(seconds["cold"])
    rows = [
        (name, common.spread(took), f"{statistics.median(took) / cold:.2f}")
        for name, took in seconds.items()
    ]
    common.table(("run", "seconds", "of a cold run's"), rows)


def _memory(peaks: dict[str, list[runs.Peaks]]) -> None:
    parts = ("driver", "worker", "services", "total")
    rows = [
        (name, *(f"{statistics.median(getattr(p, part) for p in found):.0f}" for part in parts))
        for name, found in peaks.items()
    ]
    columns = ("peak PSS, MiB", "driver", "biggest worker", "services", "all at one time")
    common.table(columns, rows)


if __name__ == "__main__":
    main()
