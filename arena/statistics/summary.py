"""The table of models: for every kind of row the means over seeds, by actor and for utility."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from arena.api.values import RowKind
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.numbers import finite
from arena.results.rows import SHAM_KINDS, Rate, Row
from arena.results.summary import SummaryRow
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.rates import rate

ORDER: tuple[RowKind, ...] = (
    "reference",
    "inserted",
    "without",
    "compromised",
    "control",
    "sham",
    "unlearned",
    "defended",
)
Line = tuple[RowKind, str | None, str]  # kind, target, and further distinctions
Seeds = Collection[tuple[int, str]]  # seeds and benign conditionals that are installed in them
Number = Callable[[Row], float | None]


def summarise(
    rows: Sequence[Row], actors: Sequence[str], installed: Seeds = ()
) -> tuple[SummaryRow, ...]:
    """Return the table's lines: reference, compromised, clean fine-tune, shams, unlearned,
    defended; within a kind by target, in the order of the actors, then shams by kind.

    Args:
        installed: benign conditionals, for the changes of their ASR.
    """
    place = {actor: number for number, actor in enumerate(actors)}
    lines = sorted(
        {_line_of(row) for row in rows},
        key=lambda line: (
            ORDER.index(line[0]),
            place.get(line[1] or "", -1),
            line[1] or "",
            SHAM_KINDS.index(line[2]) if line[0] == "sham" else 0,
            line[2],
        ),
    )
    changes = _benign_changes(rows, installed)
    return tuple(
        _summary(line, [row for row in rows if _line_of(row) == line], actors, changes)
        for line in lines
    )


def _line_of(row: Row) -> Line:
    # Several baselines may share a target, so defended rows are distinguished by name; inserted
    # ones too: their name says whether a backdoor is alone, or after which actor.
    if row.kind in ("defended", "inserted"):
        return row.kind, row.target, row.name
    return row.kind, row.target, row.sham_kind or ""


Change = Callable[[Row, str], float | None]


def _benign_changes(rows: Sequence[Row], installed: Seeds) -> Change:
    """A row's ASR of each benign conditional minus that after the clean fine-tune (on the target's
    prompts if there is one per target). None for rows that are no removal, for the removal of the
    conditional itself, and if it is not installed."""
    controls = {(row.seed, row.target): row for row in rows if row.kind == "control"}

    def change(row: Row, name: str) -> float | None:
        removal = row.kind in ("unlearned", "defended") or row.sham_kind in ("familiar", "hot")
        control = controls.get((row.seed, row.target), controls.get((row.seed, None)))
        if not removal or control is None or (row.seed, name) not in installed:
            return None
        after, before = rate(row.benign, name), rate(control.benign, name)
        return None if after is None or before is None else after - before

    return change


def _summary(line: Line, rows: Sequence[Row], actors: Sequence[str], change: Change) -> SummaryRow:
    kind, target, _ = line
    conditionals = dict.fromkeys(name for row in rows for name in row.benign)
    changes = {
        name: list(_means(rows, lambda row, name=name: change(row, name)))  # type: ignore[misc]
        for name in conditionals
    }
    return SummaryRow(
        label=rows[0].label,
        kind=kind,
        target=target,
        sham=rows[0].sham_kind,
        asr={actor: _asr(rows, actor) for actor in actors},
        clean_accuracy=_utility(rows, lambda row: _rate_of(row.clean_accuracy)),
        checkable_accuracy=_utility(rows, lambda row: _rate_of(row.checkable_accuracy)),
        token_accuracy=_utility(rows, lambda row: row.token_accuracy),
        perplexity=_utility(rows, lambda row: row.perplexity),
        update_norm=_utility(rows, lambda row: row.update_norm),
        start_loss=_utility(rows, lambda row: row.start_loss),
        benign={name: _benign(rows, name) for name in conditionals},
        benign_change={
            name: _counted(over_seeds(values, "difference"), len(values))
            for name, values in changes.items()
            if values
        },
        measures=_measures(rows),
    )


def _asr(rows: Sequence[Row], actor: str) -> SeedEstimate:
    means = list(_means(rows, lambda row: rate(row.asr, actor)))
    return _counted(rate_over_seeds(means), len(means))


def _benign(rows: Sequence[Row], name: str) -> SeedEstimate:
    means = list(_means(rows, lambda row: rate(row.benign, name)))
    return _counted(rate_over_seeds(means), len(means))


def _means(rows: Sequence[Row], number: Number) -> Iterator[float]:
    """For every seed with a value, the mean over its rows (only shams have several)."""
    for seed in sorted({row.seed for row in rows}):
        # By name, so that the sum does not depend on the order of the rows.
        of_seed = sorted((row for row in rows if row.seed == seed), key=lambda row: row.name)
        values = [value for value in map(number, of_seed) if value is not None]
        if values:
            yield sum(values) / len(values)


def _rate_of(counted: Rate | None) -> float | None:
    return None if counted is None else counted.rate


def _utility(rows: Sequence[Row], number: Number) -> Estimate | None:
    """A graded number over seeds; None if no row measured it."""
    means = list(_means(rows, lambda row: finite(number(row))))
    return over_seeds(means, "graded") if means else None


def _measures(rows: Sequence[Row]) -> dict[str, dict[str, SeedEstimate]]:
    """Numbers of the scenario's measures over seeds, by measure and actor."""
    named = {(name, actor) for row in rows for name, by in row.measures.items() for actor in by}
    estimates: dict[str, dict[str, SeedEstimate]] = {}
    for measure, actor in sorted(named):

        def number(row: Row, measure: str = measure, actor: str = actor) -> float | None:
            return finite(row.measures.get(measure, {}).get(actor))

        means = list(_means(rows, number))
        estimates.setdefault(measure, {})[actor] = _counted(over_seeds(means, "graded"), len(means))
    return estimates


def _counted(estimate: Estimate, seeds: int) -> SeedEstimate:
    return SeedEstimate(value=estimate.value, low=estimate.low, high=estimate.high, seeds=seeds)
