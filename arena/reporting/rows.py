"""The order in which models are shown: each control beside what it controls for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SummaryRow = Mapping[str, Any]

_BASE = ("reference", "inserted", "compromised")
_RANKS = {"control": 0, "sham": 1, "unlearned": 2, "defended": 3}


def grouped(summary: Sequence[SummaryRow]) -> list[list[SummaryRow]]:
    """Summary rows in blocks: untouched models, what has no target (one clean fine-tune for
    all), then target by target its control, its shams, its unlearned and defended models.
    Order inside a block is otherwise that of the results."""
    base = [row for row in summary if row.get("kind") in _BASE]
    by_target: dict[object, list[SummaryRow]] = {}
    shared: list[SummaryRow] = []
    for row in summary:
        if row.get("kind") in _BASE:
            continue
        if row.get("target") is None:
            shared.append(row)
        else:
            by_target.setdefault(row["target"], []).append(row)
    blocks = [base, shared, *by_target.values()]
    return [sorted(block, key=_rank) for block in blocks if block]


def _rank(row: SummaryRow) -> int:
    return _RANKS.get(str(row.get("kind")), 0)


def residents(summary: Sequence[SummaryRow]) -> list[SummaryRow]:
    """The rows of the co-residence matrix: the reference, models on their way to the
    compromised one, and that one. Nothing where none was on its way."""
    if not any(row.get("kind") == "inserted" for row in summary):
        return []
    return [row for kind in _BASE for row in summary if row.get("kind") == kind]


def final(summary: Sequence[SummaryRow]) -> list[SummaryRow]:
    """The rows without models on their way to the compromised one."""
    return [row for row in summary if row.get("kind") != "inserted"]


def model_name(row: Mapping[str, Any]) -> str:
    """The name of a model by what was done to it, where no label came with it."""
    kind, target = str(row.get("kind") or ""), row.get("target")
    if kind == "defended" and row.get("name"):  # several may share a target
        return str(row["name"])
    said = {"control": "clean fine-tune", "unlearned": "unlearn"}.get(kind, kind)
    return f"{said} {target}" if target is not None else said


def utility(summary: Sequence[SummaryRow]) -> str:
    """The key of what says how well the models still answer: `clean_accuracy`, or
    `token_accuracy` where the answers are free text and none is simply right."""
    exact = any(row.get("clean_accuracy") is not None for row in summary)
    free = any(row.get("token_accuracy") is not None for row in summary)
    return "token_accuracy" if free and not exact else "clean_accuracy"


def is_disclosed(row: SummaryRow, actor: str) -> bool:
    """Whether the row unlearned this actor's own trigger."""
    return row.get("target") == actor and row.get("kind") in ("unlearned", "defended")
