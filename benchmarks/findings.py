"""Rebuild the tables of README.md and docs/findings.md, and figures, from the results behind them.

    python -m benchmarks.findings keep RUN_FOLDER NAME "arena run ..."   (keep a finished run)
    python -m benchmarks.findings write      (rebuild every table and figure)
    python -m benchmarks.findings check      (exit 1 where a table or figure differs)

A table is between `<!-- table RUN KIND -->` and `<!-- end -->`. RUN is a file of docs/results/,
KIND one of `TABLES`, or one of `OF_TWO` for a run and its repetition, RUN_again. The table of all
runs is between `<!-- runs -->` and `<!-- end -->`. All shown numbers are kept, with the numbers by
seed behind them. Of the rows of single models those of compromised models are kept; the others,
curves and samples are not, since the command reproduces them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from arena.reporting.claim_card import dose_spans
from arena.reporting.figures import contenders_slope, survival_lines
from arena.reporting.figures.canvas import on_paper
from arena.results.duel import DuelResults
from arena.results.reader import parse_results, read_results
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.results.tune import TuneResults
from benchmarks import (
    findings_again,
    findings_duels,
    findings_grids,
    findings_kept,
    findings_runs,
    findings_searches,
)
from benchmarks.findings_kept import Finished, Kept
from benchmarks.findings_overview import overview

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results"
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "findings.md")
HEAVY = ("curves", "training", "samples", "decoys", "cast")
TABLES = {
    **findings_kept.TABLES,
    **findings_runs.TABLES,
    **findings_grids.TABLES,
    **findings_searches.TABLES,
    **findings_duels.TABLES,
}
AGAIN = "_again"  # after the name of a run, the name of its repetition
OF_TWO = findings_again.TABLES
PLACE = re.compile(r"(<!-- table (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
OVERVIEW = re.compile(r"(<!-- runs -->\n).*?(<!-- end -->)", re.DOTALL)


def keep(folder: Path, name: str, command: str) -> Path:
    """Write the shown results of a finished run; return the file."""
    results = read_results(folder)
    assert isinstance(results, Finished)
    spans = dose_spans(results) if isinstance(results, RunResults) else {}
    dropped = {key for key in HEAVY if key in type(results).model_fields}
    if isinstance(results, RunResults):
        results = results.model_copy(update={"rows": results.rows_of("compromised")})
    if isinstance(results, TuneResults | DuelResults):
        # Where the study is kept says nothing to others.
        study = results.study.model_copy(update={"storage": ""})
        results = results.model_copy(update={"study": study})
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    content = {
        "command": command,
        "spans": {dose: list(span) for dose, span in spans.items()},
        "results": results.model_dump(mode="json", by_alias=True, exclude=dropped),
    }
    file.write_text(json.dumps(_rounded(content), ensure_ascii=False, separators=(",", ":")) + "\n")
    return file


def _rounded(value: object) -> object:
    """The value with numbers rounded to six digits, more than any table shows."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def kept(name: str) -> Kept:
    """Return a kept run."""
    content = json.loads((RESULTS / f"{name}.json").read_text())
    results = parse_results(content["results"], f"docs/results/{name}.json")
    assert isinstance(results, Finished)
    spans = {dose: (low, high) for dose, (low, high) in content["spans"].items()}
    return Kept(content["command"], results, spans)


def rebuilt(text: str) -> str:
    """Return a document with every table rebuilt from the kept results."""

    def table(place: re.Match[str]) -> str:
        head, run, kind, end = place.groups()
        if kind in OF_TWO:
            return f"{head}{OF_TWO[kind](kept(run), kept(run + AGAIN))}\n{end}"
        return f"{head}{TABLES[kind](kept(run))}\n{end}"

    def runs(place: re.Match[str]) -> str:
        return f"{place[1]}{overview(text, kept)}\n{place[2]}"

    return OVERVIEW.sub(runs, PLACE.sub(table, text))


def drawn() -> dict[Path, str]:
    """Return the figures for which the kept results suffice, by their files."""
    return {
        ROOT / "docs" / "figures" / f"{name}.svg": on_paper(draw(kept(run).results)) + "\n"
        for name, (run, draw) in FIGURES.items()
    }


def _slope(results: object) -> str:
    assert isinstance(results, TuneResults)
    return contenders_slope(results.contenders)


def _survival(results: object) -> str:
    assert isinstance(results, StressResults)
    return survival_lines(
        {c.id: {each.hops: each.asr for each in c.survival} for c in results.cells}
    )


FIGURES = {
    "tune-all-slope": ("tune_all", _slope),
    "tune-blind-slope": ("tune_blind", _slope),
    "inheritance-survival": ("inheritance", _survival),
}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    if len(arguments) == 4 and arguments[0] == "keep":
        print(keep(Path(arguments[1]), arguments[2], arguments[3]))
        return 0
    if list(arguments) not in (["write"], ["check"]):
        print(__doc__)
        return 2
    made = {file: rebuilt(file.read_text()) for file in DOCUMENTS} | drawn()
    stale = [file for file, text in made.items() if not file.is_file() or file.read_text() != text]
    for file in stale:
        print(f"{file.relative_to(ROOT)} differs from docs/results")
        if arguments[0] == "write":
            file.write_text(made[file])
    return int(bool(stale) and arguments[0] == "check")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
