"""The tables of docs/findings.md that are made of a search (`arena tune`)."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.findings_kept import Kept, full, grid


def search(run: Kept) -> str:
    """The command of a search, and its seeds."""
    seeds = run.tune.study.seeds
    counts = ", ".join(f"{len(each)} {use}" for use, each in seeds)
    return f"`{run.command}` ({len(run.tune.trials)} trials; seeds: {counts})"


def contenders(run: Kept) -> str:
    """ASR that each strategy keeps on the seeds of the search, of the selection and of the report,
    and the paired differences."""
    head = ["strategy", "search", "selection", "fresh seeds", "fresh seeds, unseen defender"]
    rows = [
        [
            f"{each.name}: {each.setup}",
            *(full(value) for value in (each.search, each.select, each.report, each.unseen)),
            full(each.control),
        ]
        for each in run.tune.contenders
    ]
    for rival in dict.fromkeys(each.against for each in run.tune.differences):
        by_defender = {d.defender: d for d in run.tune.differences if d.against == rival}
        values = [f"**{full(by_defender[who].difference)}**" for who in ("seen", "unseen")]
        rows.append([f"tuned minus {rival}, paired by seed", "", "", *values, ""])
    return grid([*head, "clean fine-tune"], rows)


def defences(run: Kept) -> str:
    """ASR that each strategy keeps on the report's seeds, by defence."""
    strategies = run.tune.contenders
    names = dict.fromkeys(name for each in strategies for name in each.by_defence)

    rows = (
        [_defence(name), *(full(each.by_defence.get(name)) for each in strategies)]
        for name in names
    )
    return grid(["defence", *(each.name for each in strategies)], rows)


def _defence(name: str) -> str:
    """A defence's name, or the dose of the scenario's defender."""
    return f"the scenario's, dose `{name}`" if name in ("least", "most") else f"`{name}`"


def candidates(run: Kept) -> str:
    """The candidates on the selection seeds."""
    setups = {trial.number: trial.setup or "" for trial in run.tune.trials}
    rows = (
        [
            str(each.trial),
            setups.get(each.trial or 0, ""),
            full(each.search),
            full(each.select),
            str(each.seeds or ""),
            {True: "yes", False: "no", None: "open"}[each.feasible],
        ]
        for each in run.tune.candidates
    )
    head = ["trial", "strategy", "search", "selection", "selection seeds", "limits kept"]
    return grid(head, rows)


TABLES: dict[str, Callable[[Kept], str]] = {
    "search": search,
    "contenders": contenders,
    "defences": defences,
    "candidates": candidates,
}
