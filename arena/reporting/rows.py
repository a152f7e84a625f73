"""The order in which models are shown: each control with the models that it is a control for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from arena.api.values import RowKind
from arena.results.summary import SummaryRow

Utility = Literal["clean_accuracy", "token_accuracy"]

_RESIDENTS: tuple[RowKind, ...] = ("reference", "inserted", "compromised")
_BASE = frozenset[RowKind]({*_RESIDENTS, "without"})
_RANKS: dict[RowKind, int] = {"control": 0, "sham": 1, "unlearned": 2, "defended": 3}


class Model(Protocol):
    """What identifies a model: its kind, and the actor that it was made for or against."""

    @property
    def kind(self) -> RowKind:
        """Return the kind of row."""

    @property
    def target(self) -> str | None:
        """Return the actor concerned; None if there is none."""


def grouped(summary: Sequence[SummaryRow]) -> list[list[SummaryRow]]:
    """Return summary rows in blocks: untouched models, those without a target (one clean fine-tune
    for all), then target by target its control, its shams, its unlearned and defended models.
    Within a block the order is otherwise that of the results."""
    base = [row for row in summary if row.kind in _BASE]
    by_target: dict[str, list[SummaryRow]] = {}
    shared: list[SummaryRow] = []
    for row in summary:
        if row.kind in _BASE:
            continue
        if row.target is None:
            shared.append(row)
        else:
            by_target.setdefault(row.target, []).append(row)
    blocks = [base, shared, *by_target.values()]
    return [sorted(block, key=_rank) for block in blocks if block]


def _rank(row: SummaryRow) -> int:
    return _RANKS.get(row.kind, 0)


def residents(summary: Sequence[SummaryRow]) -> list[SummaryRow]:
    """Return the rows of the co-residence matrix: the reference, intermediate models, and the
    compromised one. Empty without intermediate models."""
    if not any(row.kind == "inserted" for row in summary):
        return []
    return [row for kind in _RESIDENTS for row in summary if row.kind == kind]


def final(summary: Sequence[SummaryRow]) -> list[SummaryRow]:
    """Return the rows without intermediate models on the way to the compromised one."""
    return [row for row in summary if row.kind != "inserted"]


def model_name(model: Model, name: str | None = None) -> str:
    """Return the name of a model by its kind.

    Args:
        name: the row's own, which distinguishes `defended` models of one target.
    """
    if model.kind == "defended" and name:
        return name
    action = {"control": "clean fine-tune", "unlearned": "unlearn"}.get(model.kind, model.kind)
    return f"{action} {model.target}" if model.target is not None else action


def label_of(row: SummaryRow) -> str:
    """Return the label of a summary row; its kind if results have none."""
    return row.label or row.kind


def utility(summary: Sequence[SummaryRow]) -> Utility:
    """Return which number measures utility: `clean_accuracy`, or `token_accuracy` if answers are
    free text."""
    exact = any(row.clean_accuracy is not None for row in summary)
    free = any(row.token_accuracy is not None for row in summary)
    return "token_accuracy" if free and not exact else "clean_accuracy"


def has_checkable(summary: Sequence[SummaryRow]) -> bool:
    """Return whether checkable accuracy was measured: where the right answers are the base model's
    own."""
    return any(row.checkable_accuracy is not None for row in summary)


def is_disclosed(model: Model, actor: str) -> bool:
    """Return whether this actor's own trigger was unlearned in the model."""
    return model.target == actor and model.kind in ("unlearned", "defended")


def scalar_columns(summary: Sequence[SummaryRow]) -> list[tuple[str, str]]:
    """Return the measure and actor ("" for the whole model) of every measure's number in the rows,
    in order of first appearance."""
    pairs = ((name, actor) for row in summary for name, by in row.measures.items() for actor in by)
    return list(dict.fromkeys(pairs))
