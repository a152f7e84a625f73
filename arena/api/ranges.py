"""What a search may choose: ranges of numbers and lists of options, as they stand in YAML too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json

Value = bool | int | float | str | None


class _Range(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Kind = TypeVar("Kind", bound=_Range)


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


Range = Whole | Real | Choice
Space = Mapping[str, Range]


def read(given: object) -> Range:
    """A range as YAML has it: of whole numbers if both limits are written so (20, not 20.0).

    Raises:
        ValidationError: it is none.
    """
    if isinstance(given, Whole | Real | Choice):
        return _strictly(type(given), given.model_dump())
    if isinstance(given, Mapping) and "options" in given:
        return _strictly(Choice, given)
    limits = [given.get(key) for key in ("low", "high")] if isinstance(given, Mapping) else []
    if limits and all(isinstance(limit, int) for limit in limits):
        return _strictly(Whole, given)
    return _strictly(Real, given)


def narrowed(declared: Range, given: Mapping[str, Any]) -> Range:
    """Another range of the same kind in a declared one's place; what is left out stays.

    Raises:
        ValidationError: the values make no range of that kind.
    """
    return _strictly(type(declared), {**declared.model_dump(), **given})


def corners(values: Range) -> tuple[Value, ...]:
    """The values at the ends, or all there are."""
    return values.options if isinstance(values, Choice) else (values.low, values.high)


def _strictly(kind: type[Kind], given: object) -> Kind:
    """As YAML means it: no text for numbers, lists for tuples."""
    return kind.model_validate_json(to_json(given, inf_nan_mode="constants"), strict=True)
