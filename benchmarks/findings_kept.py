"""A kept run, and the tables of README.md and docs/findings.md that runs and grids both have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena.results.claim import Judgement
from arena.results.duel import DuelResults
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, percent
from arena.results.run import RunResults
from arena.results.stress import StressResults
from arena.results.tune import TuneResults

Finished = RunResults | StressResults | TuneResults | DuelResults


@dataclass(frozen=True)
class Kept:
    """The results of a finished run, the command that reproduces it, and the doses of its verdicts
    (from, to)."""

    command: str
    results: Finished
    spans: Mapping[str, tuple[float, float]]

    @property
    def run(self) -> RunResults:
        """Return the results of a run."""
        assert isinstance(self.results, RunResults)
        return self.results

    @property
    def stress(self) -> StressResults:
        """Return the results of a stress run."""
        assert isinstance(self.results, StressResults)
        return self.results

    @property
    def tune(self) -> TuneResults:
        """Return the results of a search."""
        assert isinstance(self.results, TuneResults)
        return self.results

    @property
    def duel(self) -> DuelResults:
        """Return the results of a duel."""
        assert isinstance(self.results, DuelResults)
        return self.results


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def full(estimate: Estimate | None) -> str:
    """Return `0.20 [0.13, 0.28]`."""
    return Shown.of(estimate).full


def verdict(claim: Judgement) -> str:
    """Return the verdict as Markdown code."""
    return f"`{claim.verdict}`" if claim.verdict else ""


def claims(run: Kept) -> Iterator[tuple[str, Judgement]]:
    """The claim at each dose."""
    results = run.results
    if results.claim is not None:
        yield "least", results.claim
    if isinstance(results, StressResults):
        if results.most is not None:
            yield "most", results.most
    elif results.most is not None and results.most.claim is not None:
        yield "most", results.most.claim


def command(run: Kept) -> str:
    """Return the command that reproduces the run, and its seeds."""
    seeds = run.results.seeds
    return f"`{run.command}` ({len(seeds)} seeds: {seeds[0]} to {seeds[-1]})"


def claim(run: Kept) -> str:
    """The claim at both doses, T split by kind of sham."""

    def cells(dose: str, judged: Judgement) -> list[str]:
        span = run.spans.get(dose)
        where = f" ({span[0]:.3g} to {span[1]:.3g})" if span else ""
        odd = "; ".join(f"{kind} {full(each.odd)}" for kind, each in judged.by_sham.items())
        numbers = [full(judged.transfer), odd or full(judged.odd), full(judged.raw_suppression)]
        return [f"{dose}{where}", *numbers, verdict(judged)]

    head = ["dose", "T", "odd", "raw suppression", "verdict"]
    return grid(head, (cells(dose, judged) for dose, judged in claims(run)))


def shams(run: Kept) -> str:
    """Odd and specific parts by kind of sham, at both doses."""
    rows = (
        [dose, kind, full(each.odd), full(each.specific), str(each.seeds)]
        for dose, judged in claims(run)
        for kind, each in judged.by_sham.items()
    )
    return grid(["dose", "sham", "odd", "specific", "seeds"], rows)


def groups(run: Kept) -> str:
    """T by the values of a grid's axes, at both doses."""
    return _groups(run, lambda axis: True)


def payloads(run: Kept) -> str:
    """T by what the unlearned and the other backdoor make the model do, at both doses."""
    return _groups(run, lambda axis: axis == "payload_pair")


def _groups(run: Kept, chosen: Callable[[str], bool]) -> str:
    rows = (
        [
            axis,
            value,
            dose,
            full(group.transfer),
            percent(group.explained_by_control),
            percent(group.not_installed),
        ]
        for dose, judged in claims(run)
        for axis, values in getattr(judged, "by", {}).items()
        if chosen(axis)
        for value, group in values.items()
    )
    head = ["axis", "value", "dose", "T", "explained by the control", "not installed"]
    return grid(head, rows)


TABLES: dict[str, Callable[[Kept], str]] = {
    "command": command,
    "claim": claim,
    "shams": shams,
    "groups": groups,
    "payload_pairs": payloads,
}
