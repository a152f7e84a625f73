"""The outcome of a trial, as a driver stores it with the trial."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from arena.search.constraints import feasible
from arena.search.observations import Observation


@dataclass(frozen=True)
class TrialOutcome:
    """What a trial measured, and how it ends.

    Attributes:
        changes: the scenario's keys that its strategy sets, with their values.
        setup: the strategy in words.
        violations: the constraints by name, violated above 0; None if it failed.
        values: one per objective; None if it failed.
        why: the reason why it was pruned or failed; None if it is complete.
        seen: an observation per seed that it was measured in.
        seconds: from its start to its end, in the driver that ended it.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    setup: str | None = None
    violations: Mapping[str, float] | None = None
    values: tuple[float, ...] | None = None
    why: str | None = None
    seen: tuple[Observation, ...] = ()
    seconds: float | None = None

    @property
    def feasible(self) -> bool:
        """Return whether it satisfied every constraint."""
        return self.violations is not None and feasible(self.violations)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        return dict(json.loads(json.dumps(asdict(self))))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the outcome that `to_json` gave."""
        values = stored.get("values")
        seen = tuple(Observation(**each) for each in stored.get("seen", ()))
        known = {**stored, "seen": seen, "values": None if values is None else tuple(values)}
        return cls(**known)
