"""The tables of README.md and docs/findings.md that are made of one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from arena.measures.reactivation.findings import ReactivationFindings
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, decimals, percent
from arena.results.pairs import Pair, PairSeed
from arena.results.run import RunResults
from arena.results.summary import SummaryRow
from benchmarks.findings_kept import Kept, full, grid

_RELEARNING = {
    "after its own removal": "unlearned",
    "with the other backdoors, never this one": "without",
    "never poisoned": "reference",
}


def models(run: Kept) -> str:
    """ASR of every trigger in every model, means over seeds; removals at `least`."""
    actors = run.run.actors

    def cells(row: SummaryRow) -> list[str]:
        rates = [decimals(row.asr[a].value) if a in row.asr else "" for a in actors]
        own = [f"**{r}**" if row.target == a and row.kind == "unlearned" else r
               for a, r in zip(actors, rates, strict=True)]  # fmt: skip
        return [row.label, *own, Shown.of(row.clean_accuracy).text]

    return grid(["model", *actors, "clean accuracy"], map(cells, run.run.summary))


def seeds(run: Kept) -> str:
    """Every seed by itself: ASR of the suspect, and at each dose the means over pairs of actors."""
    doses = {"least": run.run.transfer, "most": run.run.most.transfer if run.run.most else ()}
    rows = (
        [
            str(seed),
            _suspect(run.run, seed),
            dose,
            *_pairs([s for p in pairs for s in p.per_seed if s.seed == seed]),
        ]
        for seed in run.run.seeds
        for dose, pairs in doses.items()
        if pairs
    )
    head = ["seed", f"ASR of {', '.join(run.run.actors)}", "dose", "pairs used", "clean fine-tune"]
    return grid([*head, "unlearned", "shams", "T", "odd"], rows)


def _suspect(results: RunResults, seed: int) -> str:
    """ASR of every actor in the compromised model of a seed."""
    (row,) = results.rows_of("compromised", seed)
    return ", ".join(decimals(row.asr[actor].rate) for actor in results.actors)


def _pairs(pairs: Sequence[PairSeed]) -> list[str]:
    """How many pairs are used, and the means over them of ASR after each fine-tune, T and its odd
    part."""
    used = [pair for pair in pairs if pair.status == "used"]
    values = (
        [getattr(pair, name) for pair in used if getattr(pair, name) is not None]
        for name in ("control", "unlearned", "sham", "transfer", "odd")
    )
    means = [decimals(statistics.mean(known)) if known else "" for known in values]
    return [f"{len(used)} of {len(pairs)}", *means]


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
    """ASR of each removed backdoor after so many poisoned samples, and of the same backdoor in two
    models that never had it."""
    found = run.run.measures["reactivation"]
    assert isinstance(found, ReactivationFindings)
    rows = (
        [actor, model, *(decimals(asr.value) for asr in curve.asr)]
        for actor in run.run.actors
        for model, kind in _RELEARNING.items()
        for curve in found.curves
        if curve.actor == actor and curve.kind == kind and curve.target in (None, actor)
    )
    return grid(["backdoor", "model", *(f"{n} samples" for n in found.samples)], rows)


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


def survived(run: Kept) -> str:
    """ASR of backdoors by the number of trainings by others since their own, and by actor."""
    actors = run.run.actors
    rows = (
        [str(each.hops), full(each.asr), *(_mean(each.by_actor.get(name)) for name in actors)]
        for each in run.run.survival
    )
    return grid(["trainings by others since its own", "ASR", *actors], rows)


def _mean(estimate: Estimate | None) -> str:
    return "" if estimate is None else decimals(estimate.value)


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
    "seeds": seeds,
    "models": models,
    "transfer": transfer,
    "conditionals": conditionals,
    "reactivation": reactivation,
    "along": along,
    "survived": survived,
    "league": league,
    "equal": equal,
}
