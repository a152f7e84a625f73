"""What a search may choose: ranges of numbers and lists of options, as they stand in YAML too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Value = bool | int | float | str | None


class _Range(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Between(_Range):
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> _Between:
        low, high = self.low, self.high  # type: ignore[attr-defined]
        if low > high:
            raise ValueError(f"low must not be above high, got {low:g} and {high:g}")
        if self.log and low <= 0:
            raise ValueError(f"a logarithmic range must begin above 0, got {low:g}")
        return self


class Real(_Between):
    """A number from low to high, both included; log: evenly over its logarithm."""

    low: float
    high: float


class Whole(_Between):
    """A whole number from low to high, both included."""

    low: int
    high: int


class Choice(_Range):
    """One of some values."""

    options: Annotated[tuple[Value, ...], Field(min_length=1)]


# Whole first: limits that are both written whole (`low: 20`, not `20.0`) mean whole numbers.
Range = Whole | Real | Choice
Space = Mapping[str, Range]


def narrowed(declared: Range, given: Mapping[str, Any]) -> Range:
    """Another range of the same kind in a declared one's place; what is left out stays.

    Raises:
        ValidationError: the values make no range of that kind.
    """
    return type(declared).model_validate({**declared.model_dump(), **given})
