"""The tables of docs/findings.md that are made of a search (`arena tune`)."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.findings_kept import Kept, full, grid


def search(run: Kept) -> str:
    """The command of a search, and its seeds."""
    seeds = run.tune.study.seeds
    counts = ", ".join(f"{len(each)} {use}" for use, each in seeds if each)
    tried = f"{len(run.tune.trials)} trials" if run.tune.study.searched else "a known strategy"
    return f"`{run.command}` ({tried}; seeds: {counts})"


def contenders(run: Kept) -> str:
    """ASR that each strategy keeps on the seeds of the search and of the selection, if it was
    searched, and of the report; and the paired differences."""
    searched = run.tune.study.searched
    before = ["search", "selection"] if searched else []
    head = ["strategy", *before, "fresh seeds", "fresh seeds, unseen defender"]
    rows = [
        [
            f"{each.name}: {each.setup}",
            *((full(each.search), full(each.select)) if searched else ()),
            *(full(value) for value in (each.report, each.unseen, each.control)),
        ]
        for each in run.tune.contenders
    ]
    for rival in dict.fromkeys(each.against for each in run.tune.differences):
        by_defender = {d.defender: d for d in run.tune.differences if d.against == rival}
        values = [f"**{full(by_defender[who].difference)}**" for who in ("seen", "unseen")]
        rows.append([f"tuned minus {rival}, paired by seed", *("" for _ in before), *values, ""])
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
    """The candidates on the selection seeds; `open` is one that was measured on too few of them to
    say whether it keeps its limits."""
    counted = any(each.seeds for each in run.tune.candidates)
    setups = {trial.number: trial.setup or "" for trial in run.tune.trials}
    rows = (
        [
            str(each.trial),
            setups.get(each.trial or 0, ""),
            full(each.search),
            full(each.select),
            *([str(each.seeds or "")] if counted else []),
            {True: "yes", False: "no", None: "open"}[each.feasible],
        ]
        for each in run.tune.candidates
    )
    seeds = ["selection seeds"] if counted else []
    return grid(["trial", "strategy", "search", "selection", *seeds, "limits kept"], rows)


TABLES: dict[str, Callable[[Kept], str]] = {
    "search": search,
    "contenders": contenders,
    "defences": defences,
    "candidates": candidates,
}
