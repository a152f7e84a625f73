"""A run's folder in a line: when, what, how far, and what was judged."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from arena.errors import InputError
from arena.reporting import palette
from arena.reporting.claim_card import judged_claims
from arena.reporting.duel_verdict import final_pair
from arena.results.claim import Judgement
from arena.results.duel import DuelResults
from arena.results.provenance import read_provenance
from arena.results.reader import FILE, Results, read_results
from arena.results.run import RunResults
from arena.results.run_state import read_state
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressResults
from arena.results.tune import TuneResults
from arena.scenario.tree import parse
from arena.statistics.comparison import AHEAD, BEHIND

SCENARIO, LOG = "scenario.yaml", "run.log"
RUNNING, UNFINISHED, PART, BROKEN = "running", "unfinished", "part", "broken"
COMMAND = re.compile(r"arena[ .](run|stress|tune|duel)\b")
LEADS = {AHEAD: "red is ahead", BEHIND: "blue is ahead"}  # at a duel's end


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as listed.

    Attributes:
        changed: when it finished, local time; where that is not known, when its folder was last
            written to.
        state: empty for a finished run. why: what broke it or stopped it, in words. resume: what
            continues one that was interrupted or failed.
        kind: run, stress, tune or duel; empty if it is not known.
        claims: at `least` (or the only dose) and at `most`; None where nothing was judged.
        verdict: in words, of a search or a duel too.
    """

    folder: Path
    changed: datetime
    state: str = ""
    kind: str = ""
    seeds: int | None = None
    claims: tuple[Judgement | None, Judgement | None] = (None, None)
    verdict: str = ""
    description: str = ""
    why: str = ""
    resume: str = ""


def line_of(place: Path) -> RunLine:
    """Return the line of a run's folder."""
    if not (place / FILE).is_file():
        return _unfinished(place)
    try:
        results = read_results(place)
    except InputError as error:
        why = ": ".join(filter(None, (error.key, error.message)))
        return RunLine(place, _finished(place), BROKEN, why=why)
    return RunLine(
        place,
        _finished(place),
        PART if _is_part(results) else "",
        results.kind,
        len(results.seeds) if isinstance(results, RunResults | StressResults) else None,
        judged_claims(results),
        _verdict(results),
        results.scenario.description,
    )


def _is_part(results: Results) -> bool:
    notes = results.notes if isinstance(results, RunResults | StressResults) else ()
    return any(note.startswith("part ") for note in notes)


def _verdict(results: Results) -> str:
    least, _ = judged_claims(results)
    if least is not None:
        return palette.verdict(least.verdict).label
    if isinstance(results, TuneResults) and results.evasion:
        return palette.verdict(results.evasion).label
    if isinstance(results, DuelResults) and results.payoff:
        return LEADS.get(final_pair(results).outcome, "inconclusive")
    return ""


def _finished(place: Path) -> datetime:
    """When the results were written, local time."""
    try:
        said = datetime.fromisoformat(read_provenance(place).finished)
    except ValueError:
        return _written(place / FILE)
    return said.astimezone().replace(tzinfo=None)


def _unfinished(place: Path) -> RunLine:
    known = read_state(place)
    written = [place / name for name in (SCENARIO, LOG) if (place / name).is_file()]
    changed = max(map(_written, written or [place]))
    scenario = _scenario(place)
    seeds = scenario.root.get("seeds")
    line = RunLine(
        place,
        changed,
        UNFINISHED,
        seeds=len(seeds) if isinstance(seeds, list) else None,
        description=scenario.description,
    )
    if known is None:
        return line
    begun = COMMAND.search(known.resume)
    return replace(
        line,
        state=known.now,
        kind=begun[1] if begun else "",
        why=known.why,
        resume="" if known.now == RUNNING else known.resume,
    )


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime)


def _scenario(place: Path) -> ScenarioRecord:
    """The scenario of a run without results; an empty one if it cannot be read."""
    file = place / SCENARIO
    try:
        return ScenarioRecord(_parsed(file, file.stat().st_mtime_ns))
    except (OSError, ValueError, InputError):
        return ScenarioRecord()


@functools.lru_cache(maxsize=32)
def _parsed(file: Path, changed: int) -> dict[str, Any]:
    return dict(parse(file.read_text(encoding="utf-8"), str(file)).data or {})
