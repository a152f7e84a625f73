"""The losses of a run's trainings: from the store into its results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from arena.planning.graph import Node, RowPlan, SeedPlan
from arena.results.training import TRAINING_KINDS, TrainingCurve, TrainingKind
from arena.stages.losses import read_losses
from arena.stages.train import TrainJob
from arena.store.store import Store

POINTS = 60  # losses of a training that are kept, at most
DIGITS = 4  # significant


def training_in(plan: SeedPlan, store: Store) -> Iterator[TrainingCurve]:
    """Return the losses of one seed's trainings, parents before children. Stages that do not train
    have none, nor have those in a store of a version that kept none."""
    made = _models(plan)
    for address, node in plan.nodes.items():
        losses = read_losses(store.path(address)) if node.steps else ()
        if losses:
            yield _curve(plan.seed, node, losses, made.get(address, ()))


def _models(plan: SeedPlan) -> Mapping[str, Sequence[RowPlan]]:
    """The rows that each training made: its own model's, and those taken along it."""
    made: dict[str, list[RowPlan]] = defaultdict(list)
    for row in plan.rows:
        node = plan.nodes[row.model]
        dose = node.stage.kind == "dose"
        made[node.stage.parents["run"] if dose else row.model].append(row)
    return made


def _curve(
    seed: int, node: Node, losses: Sequence[float], rows: Sequence[RowPlan]
) -> TrainingCurve:
    every, means = thinned(losses)
    targets = {row.target for row in rows}
    return TrainingCurve(
        kind=_kind(node, rows),
        name=node.stage.name.removesuffix(f" s{seed}"),
        target=targets.pop() if len(targets) == 1 else None,
        seed=seed,
        models=tuple(row.name for row in rows),
        steps=len(losses),
        every=every,
        losses=means,
    )


def _kind(node: Node, rows: Sequence[RowPlan]) -> TrainingKind:
    if isinstance(node.job, TrainJob):
        return "planting" if node.job.poisoned else "clean"
    found = [kind for kind in TRAINING_KINDS for row in rows if row.kind == kind]
    return found[0] if found else "defended"


def thinned(losses: Sequence[float]) -> tuple[int, tuple[float, ...]]:
    """Return how many steps are taken together so that at most `POINTS` losses are left, and the
    mean of each such block; the last block may be shorter."""
    every = max(1, -(-len(losses) // POINTS))
    blocks = (losses[start : start + every] for start in range(0, len(losses), every))
    return every, tuple(float(f"{sum(each) / len(each):.{DIGITS}g}") for each in blocks)
