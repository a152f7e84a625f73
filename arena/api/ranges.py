"""Search ranges: intervals of numbers and lists of options, in code and in YAML alike."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json

from arena.api import limits

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
    """A number from low to high.

    low, high: the limits, both included. log: whether it is drawn uniformly in its logarithm.
    """

    low: Annotated[float, Field(ge=-limits.NUMBER, le=limits.NUMBER)]
    high: Annotated[float, Field(ge=-limits.NUMBER, le=limits.NUMBER)]


class Whole(_Between):
    """A whole number from low to high.

    low, high: the limits, both included. log: whether it is drawn uniformly in its logarithm.
    """

    low: Annotated[int, Field(ge=-limits.NUMBER, le=limits.NUMBER)]
    high: Annotated[int, Field(ge=-limits.NUMBER, le=limits.NUMBER)]


class Choice(_Range):
    """One of several values.

    options: the values.
    """

    options: Annotated[tuple[Value, ...], Field(min_length=1)]


Range = Whole | Real | Choice
Space = Mapping[str, Range]


def read(given: object) -> Range:
    """Return the range that a YAML value describes: of whole numbers if both limits are written as
    such (20, not 20.0).

    Raises:
        ValidationError: the value describes no range.
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
    """Return a declared range with some of its fields replaced.

    Raises:
        ValidationError: the fields make no valid range of that kind.
    """
    return _strictly(type(declared), {**declared.model_dump(), **given})


def corners(values: Range) -> tuple[Value, ...]:
    """Return the two limits of a range, or all options of a choice."""
    return values.options if isinstance(values, Choice) else (values.low, values.high)


def middle_of(values: Range) -> Value:
    """Return the value in the middle of a range, in its logarithm where it is drawn so, or the
    option in the middle of a choice."""
    if isinstance(values, Choice):
        return values.options[len(values.options) // 2]
    low, high = float(values.low), float(values.high)
    between = exp((log(low) + log(high)) / 2) if values.log else (low + high) / 2
    return round(between) if isinstance(values, Whole) else between


def holds(values: Range, value: Value) -> bool:
    """Return whether a value lies in a range. `true` is no number."""
    if isinstance(values, Choice):
        return any(type(value) is type(each) and value == each for each in values.options)
    kinds = (int,) if isinstance(values, Whole) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        return False
    return values.low <= value <= values.high


def _strictly(kind: type[Kind], given: object) -> Kind:
    """Validate as YAML is validated: no text for numbers, lists for tuples."""
    return kind.model_validate_json(to_json(given, inf_nan_mode="constants"), strict=True)
