"""Table lines grouped by model, one line per actor: shared by the views of measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from arena.reporting.rows import Model, is_disclosed, model_name


class ModelActor(Model, Protocol):
    """What was measured of one actor's backdoor in one model."""

    @property
    def actor(self) -> str:
        """Whose backdoor."""


R = TypeVar("R", bound=ModelActor)
V = TypeVar("V")


@dataclass(frozen=True)
class ActorLine(Generic[V]):
    """One actor's line. own: whether its own trigger was unlearned in the model."""

    actor: str
    own: bool
    shown: V


@dataclass(frozen=True)
class ModelLines(Generic[V]):
    """A model's lines."""

    label: str
    lines: list[ActorLine[V]]


def by_model(
    rows: Sequence[R], shown: Callable[[R], V], name: Callable[[R], str | None] = lambda _: None
) -> list[ModelLines[V]]:
    """Return every model with its lines, in order of first appearance.

    Args:
        shown: what a row's line shows.
        name: the model's own name, which tells `defended` models apart.
    """
    models: dict[str, list[ActorLine[V]]] = {}
    for row in rows:
        line = ActorLine(row.actor, is_disclosed(row, row.actor), shown(row))
        models.setdefault(model_name(row, name(row)), []).append(line)
    return [ModelLines(label, lines) for label, lines in models.items()]
