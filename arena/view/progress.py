"""How far a run is, read off its log (`arena.progress.lines`) and its folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SEEDS = "seeds"  # in a run's folder: a file for each finished one
LINE = re.compile(r" *\d+\.\d  (\w+) +(.*)")
COUNT = re.compile(r"(\d+) (\w+)(?:  (.+))?")  # 64 stages  about 9 min left
DONE = re.compile(r"(.+)  [\d.]+ s(?:  \[(\d+)/\d+\])?(?:  (.+))?")
STORED = re.compile(r"(.+)  from the store(?:  \[(\d+)/\d+\])?")
BEGUN = re.compile(r"(.+?)  \((.*)\)")
STEPS = re.compile(r"(.+)  (\d+)(?:/(\d+))?")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        part: the cell or the phase of a search; empty if it has none.
        done, total: of `what`, such as stages or trials. left: the time, in words.
        running: stages that run now, with their steps: `after:bard s0, 52 of 400`.
        best: the best strategy of a search so far.
    """

    part: str = ""
    done: int = 0
    total: int = 0
    what: str = ""
    left: str = ""
    running: tuple[str, ...] = ()
    best: str = ""


def progress_in(log: Sequence[str]) -> Progress:
    """Return how far a run is by the lines of its log; lines of another form are passed over."""
    seen = _Seen()
    for line in log:
        if found := LINE.fullmatch(line):
            seen.read(found[1], found[2])
    running = tuple(
        f"{stage}, {steps}" if steps else stage for stage, steps in seen.running.items()
    )
    return Progress(seen.part, seen.done, seen.total, seen.what, seen.left, running, seen.best)


def finished_seeds(folder: Path) -> list[int]:
    """Return the seeds that are finished in a run's folder."""
    names = (each.stem for each in (folder / SEEDS).glob("*.json"))
    return sorted(int(name) for name in names if re.fullmatch(r"-?\d+", name))


@dataclass
class _Seen:
    """What the lines so far say."""

    part: str = ""
    done: int = 0
    total: int = 0
    what: str = ""
    left: str = ""
    best: str = ""
    running: dict[str, str] = field(default_factory=dict)

    def read(self, event: str, text: str) -> None:
        if event == "next":
            self.part = text
        elif event == "best":
            self.best = text
        elif event == "plan" and (found := COUNT.fullmatch(text)):
            self.total, self.what, self.left = int(found[1]), found[2], found[3] or ""
            self.done, self.running = 0, {}
        elif event == "started":
            begun = BEGUN.fullmatch(text)
            self.running[begun[1] if begun else text] = ""
        elif event == "running" and (found := STEPS.fullmatch(text)):
            self.running[found[1]] = f"{found[2]} of {found[3]}" if found[3] else f"step {found[2]}"
        elif event == "finished" and (found := DONE.fullmatch(text) or STORED.fullmatch(text)):
            self._finished(found)

    def _finished(self, found: re.Match[str]) -> None:
        self.running.pop(found[1], None)
        self.done = int(found[2]) if found[2] else self.done
        if found.re is DONE and found[3]:
            self.left = found[3]
