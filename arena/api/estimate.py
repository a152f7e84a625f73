"""A mean over seeds with its interval, as stored in every results file."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from arena.api.part import Part


class Estimate(Part):
    """A mean over seeds with its 95 % interval; None where it cannot be computed (no seed: no
    value; one seed, or a graded value that is equal in all seeds: no interval)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_number(cls, values: Any) -> Any:
        is_number = isinstance(values, int | float) and not isinstance(values, bool)
        return {"value": values} if is_number else values

    @property
    def has_interval(self) -> bool:
        """Whether both limits are known."""
        return self.low is not None and self.high is not None


class SeedEstimate(Estimate):
    """An estimate that says how many seeds it is over."""

    seeds: int | None = None
