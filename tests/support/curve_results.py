"""The curves of a run's removals, invented: each row's rates are reached along eight doses; and
the losses of its trainings."""

from __future__ import annotations

from arena.results.curves import DoseCurve, DosePoint
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.training import TrainingCurve, TrainingKind

DOSES = (0.0, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
KINDS = ("control", "sham", "unlearned")


def with_curves(run: RunResults) -> RunResults:
    """The same results, with the curve of every removal, clean fine-tune and sham."""
    start = {row.seed: row for row in run.rows if row.kind == "compromised"}
    curves = tuple(_curve(start[row.seed], row) for row in run.rows if row.kind in KINDS)
    return run.model_copy(update={"curves": curves})


def _curve(start: Row, end: Row) -> DoseCurve:
    points = tuple(
        DosePoint(
            step=step,
            dose=dose,
            asr={actor: _between(start.asr[actor], end.asr[actor], step) for actor in end.asr},
        )
        for step, dose in enumerate(DOSES)
    )
    return DoseCurve(kind=end.kind, name=end.name, target=end.target, seed=end.seed, points=points)


def _between(start: Rate, end: Rate, step: int) -> Rate:
    share = (step / (len(DOSES) - 1)) ** 0.5
    return Rate(hits=round(start.hits + share * (end.hits - start.hits)), n=end.n)


TRAINED: dict[str, TrainingKind] = {
    "reference": "clean",
    "compromised": "planting",
    "control": "control",
    "sham": "sham",
    "unlearned": "unlearned",
}


def with_training(run: RunResults) -> RunResults:
    """The same results, with the losses of the training behind every row."""
    trained = tuple(_trained(row) for row in run.rows)
    return run.model_copy(update={"training": trained})


def _trained(row: Row) -> TrainingCurve:
    """A loss that falls from 4 nats; each seed ends a little higher than the one before."""
    losses = tuple(0.02 * row.seed + 4 * 0.9**k for k in range(50))
    return TrainingCurve(
        kind=TRAINED[row.kind],
        name=row.name,
        target=row.target,
        seed=row.seed,
        models=(row.name,),
        steps=99,
        every=2,
        losses=losses,
    )
