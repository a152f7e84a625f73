"""The tables of README.md and docs/findings.md: a function of a kept run for each kind."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena.measures.reactivation.findings import ReactivationFindings
from arena.reporting.numbers import Shown, decimals, percent, thousands
from arena.reporting.plane import marks_of
from arena.results.claim import Claim, Judgement
from arena.results.curves import AlongDose, DoseSpan
from arena.results.estimate import Estimate
from arena.results.run import Pair, RunResults, SummaryRow
from arena.results.stress import StressResults
from arena.statistics.comparison import EQUAL
from arena.statistics.plane import Plane, PlaneRow, planes


@dataclass(frozen=True)
class Kept:
    """The results of a finished run, the command that reproduces it, and the doses of its verdicts
    (from, to)."""

    command: str
    results: RunResults | StressResults
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


def command(run: Kept) -> str:
    """Return the command that reproduces the run, and its seeds."""
    seeds = run.results.seeds
    return f"`{run.command}` ({len(seeds)} seeds: {seeds[0]} to {seeds[-1]})"


def models(run: Kept) -> str:
    """ASR of every trigger in every model, means over seeds; removals at `least`."""
    actors = run.run.actors

    def cells(row: SummaryRow) -> list[str]:
        rates = [decimals(row.asr[a].value) if a in row.asr else "" for a in actors]
        own = [f"**{r}**" if row.target == a and row.kind == "unlearned" else r
               for a, r in zip(actors, rates, strict=True)]  # fmt: skip
        return [row.label, *own, Shown.of(row.clean_accuracy).text]

    return grid(["model", *actors, "clean accuracy"], map(cells, run.run.summary))


def transfer(run: Kept) -> str:
    """T by pair, at `least` / at `most`."""
    results = run.run
    pairs = {(pair.source, pair.to): pair for pair in results.transfer}
    most = {(p.source, p.to): p for p in results.most.transfer} if results.most else {}

    def shown(pair: Pair | None) -> str:
        return decimals(pair.transfer.value) if pair else ""

    def cell(source: str, to: str) -> str:
        if source == to:
            return ""
        return " / ".join(
            filter(None, (shown(pairs.get((source, to))), shown(most.get((source, to)))))
        )

    rows = ([source, *(cell(source, to) for to in results.actors)] for source in results.actors)
    return grid(["unlearned", *results.actors], rows)


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


def conditionals(run: Kept) -> str:
    """The effect of each removal on the benign conditionals, at both doses."""
    results = run.run
    doses = {"least": results.summary, "most": results.most.summary if results.most else ()}

    def change(target: str, name: str, rows: Sequence[SummaryRow]) -> str:
        own = [row for row in rows if row.kind == "unlearned" and row.target == target]
        return full(own[0].benign_change.get(name)) if own else ""

    rows = (
        [f"unlearn {target}", name, *(change(target, name, rows) for rows in doses.values())]
        for target in results.actors
        for name in results.benign
    )
    head = ["removal", "conditional", *(f"its ASR less the control's, {dose}" for dose in doses)]
    return grid(head, rows)


def reactivation(run: Kept) -> str:
    """Poisoned samples until each removed backdoor is back, compared with models that never had
    it."""
    found = run.run.measures["reactivation"]
    assert isinstance(found, ReactivationFindings)
    own = [c for c in found.costs if c.kind == "unlearned" and c.target == c.actor]
    rows = (
        [
            each.actor,
            full(each.samples),
            full(each.others.baseline),
            full(each.others.difference),
            full(each.reference),
        ]
        for each in own
        if each.others is not None
    )
    head = [
        "backdoor",
        "samples after its removal",
        "in a model with the other backdoors",
        "difference",
        "in a model never poisoned",
    ]
    return grid(head, rows)


def residents(run: Kept) -> str:
    """What is in the models of every cell: seeds in which all backdoors are installed, and keep 0.8
    in the clean fine-tune; ASR, exposures and log-odds, means over actors."""
    rows = (
        [
            cell.id,
            *(f"{n} of {there.seeds}" for n in (there.installed, there.kept)),
            ", ".join(f"{actor} {decimals(asr.value)}" for actor, asr in cell.asr.items()),
            thousands(_mean(depth.exposures for depth in cell.depth.values())),
            decimals(_mean(depth.log_odds.value for depth in cell.depth.values()), 1),
        ]
        for cell in run.stress.cells
        if (there := cell.coexistence) is not None
    )
    head = ["cell", "all installed", "and kept by the clean fine-tune", "ASR", "exposures"]
    return grid([*head, "log-odds"], rows)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.mean(known) if known else None


def survival(run: Kept) -> str:
    """ASR of backdoors by the number of trainings by others, cell by cell."""
    hops = sorted({each.hops for cell in run.stress.cells for each in cell.survival})
    rows = (
        [cell.id, *(full(known.get(hop)) for hop in hops)]
        for cell in run.stress.cells
        if (known := {each.hops: each.asr for each in cell.survival})
    )
    return grid(["cell", *(f"after {hop}" for hop in hops)], rows)


def along(run: Kept) -> str:
    """T over the dose, with the ASR left of the removed trigger and the ASR that the control
    keeps."""
    rows = (
        [
            f"{point.dose:.3g}",
            full(point.own),
            full(point.control),
            full(point.transfer),
            full(point.odd),
            f"{point.explained} of {point.cases}",
        ]
        for point in run.run.over_doses
    )
    head = [
        "dose",
        "own trigger left",
        "clean fine-tune keeps of others",
        "T",
        "odd",
        "explained by the control",
    ]
    return grid(head, rows)


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


def cells(run: Kept) -> str:
    """Every cell of a grid with its own claim at both doses."""
    rows = (
        [cell.id, dose, full(judged.transfer), full(judged.odd), verdict(judged), str(judged.seeds)]
        for cell in run.stress.cells
        for dose, judged in (("least", cell.claim), ("most", cell.most))
        if judged is not None
    )
    return grid(["cell", "dose", "T", "odd", "verdict", "seeds"], rows)


def contrasts(run: Kept) -> str:
    """The differences between the values of an axis, paired by seed."""
    rows = (
        [
            f"{each.of} minus {each.against}",
            each.dose or "",
            full(each.difference),
            _p(each.p),
            _p(each.adjusted_p),
            str(len(each.seeds)),
            each.outcome + (f" within {decimals(each.margin)}" if each.outcome == EQUAL else ""),
        ]
        for each in run.stress.contrasts
    )
    return grid(["contrast", "dose", "difference in T", "p", "Holm", "seeds", "outcome"], rows)


def plane(run: Kept) -> str:
    """T over planting depth (rows) and removal dose (columns)."""
    return _over_plane(run, lambda point: full(point.transfer) if point.cases else "not installed")


def controls(run: Kept) -> str:
    """ASR of the other backdoors that the clean fine-tune keeps, by its dose, cell by cell."""
    return _by_dose(run, lambda point: full(point.control))


def curves(run: Kept) -> str:
    """T by the dose, cell by cell; empty where the clean fine-tune leaves nothing to suppress."""
    return _by_dose(run, lambda point: full(point.transfer))


def _by_dose(run: Kept, shown: Callable[[AlongDose], str]) -> str:
    cells = [cell for cell in run.stress.cells if cell.over_doses]
    doses = sorted({point.dose for cell in cells for point in cell.over_doses})
    rows = (
        [cell.id, *(shown(known[dose]) if dose in known else "" for dose in doses)]
        for cell in cells
        if (known := {point.dose: point for point in cell.over_doses})
    )
    return grid(["cell", *(f"{dose:.3g}" for dose in doses)], rows)


def plane_controls(run: Kept) -> str:
    """ASR left of the removed trigger / ASR of others that the clean fine-tune keeps, over the same
    plane."""
    return _over_plane(
        run, lambda point: f"{decimals(point.own.value)} / {decimals(point.control.value)}"
    )


def _over_plane(run: Kept, cell: Callable[[AlongDose], str]) -> str:
    """A table for every plane of the grid."""
    return "\n\n".join(_one_plane(each, cell) for each in planes(run.stress.cells))


def _one_plane(plane: Plane, cell: Callable[[AlongDose], str]) -> str:
    rows = (
        [
            thousands(row.exposures),
            row.cell.id,
            *(cell(point) if (point := row.at(dose)) else "" for dose in plane.doses),
        ]
        for row in plane.rows
    )
    return grid(["exposures", "cell", *(f"{dose:.3g}" for dose in plane.doses)], rows)


def depths(run: Kept) -> str:
    """Every depth of a plane: the doses of removal and control, and T at both doses."""
    marks = marks_of(run.stress)
    rows = (
        [
            thousands(row.exposures),
            row.cell.id,
            *(_dose(at) for at in (row.own_gone(marks.removed), row.control_keeps(marks.kept))),
            *_at(row, "least", row.cell.claim),
            *_at(row, "most", row.cell.most),
        ]
        for plane in planes(run.stress.cells)
        for row in plane.rows
    )
    head = [
        "exposures",
        "cell",
        f"own trigger at {marks.removed:g} from dose",
        f"clean fine-tune keeps {marks.kept:g} up to dose",
        "`least`",
        "T at `least`",
        "`most`",
        "T at `most`",
    ]
    return grid(head, rows)


def _dose(point: AlongDose | None) -> str:
    return "nowhere" if point is None else f"{point.dose:.3g}"


def _at(row: PlaneRow, dose: str, judged: Claim | None) -> tuple[str, str]:
    """The range of a dose of the verdicts, in how many removals it is reached, and T there."""
    span = row.cell.dose_spans.get(dose, DoseSpan())
    ends = "nowhere" if span.low is None else f"{span.low:.3g} to {span.high:.3g}"
    return f"{ends} ({span.reached} of {span.removals})", full(judged.transfer) if judged else ""


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def league(run: Kept) -> str:
    """Every defence at the largest harmless dose."""
    assert run.run.league is not None
    rows = (
        [
            each.name,
            each.knows,
            full(each.disclosed) if each.disclosed.value is not None else "",
            full(each.others),
            full(each.worst),
            decimals(each.change.value, 3),
            percent(each.compute),
        ]
        for each in sorted(run.run.league.standings, key=lambda e: e.others.value or 0.0)
    )
    head = ["defence", "knows", "own trigger", "others", "worst", "accuracy change", "compute"]
    return grid(head, rows)


def equal(run: Kept) -> str:
    """Every defence at equal compute."""
    assert run.run.league is not None
    known = [(each, each.equal) for each in run.run.league.standings if each.equal is not None]
    rows = (
        [
            each.name,
            full(point.disclosed) if point.disclosed.value is not None else "",
            full(point.others),
            decimals(point.change.value, 3),
            percent(point.compute),
        ]
        for each, point in sorted(known, key=lambda pair: pair[1].others.value or 0.0)
    )
    return grid(["defence", "own trigger", "others", "accuracy change", "compute"], rows)


TABLES: dict[str, Callable[[Kept], str]] = {
    "command": command,
    "models": models,
    "transfer": transfer,
    "claim": claim,
    "shams": shams,
    "conditionals": conditionals,
    "reactivation": reactivation,
    "residents": residents,
    "survival": survival,
    "along": along,
    "groups": groups,
    "payload_pairs": payloads,
    "cells": cells,
    "contrasts": contrasts,
    "controls": controls,
    "curves": curves,
    "plane": plane,
    "plane_controls": plane_controls,
    "depths": depths,
    "league": league,
    "equal": equal,
}
