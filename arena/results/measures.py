"""Findings of measures in results: each name has the type of the registered measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, SerializeAsAny, ValidationError

from arena import registry
from arena.errors import InputError
from arena.results.base import Part


class UnknownFindings(Part):
    """Findings of a measure that is not installed here, kept unchanged so that nothing is lost."""

    model_config = ConfigDict(extra="allow")


class MisreadMeasureError(ValueError):
    """The findings of one measure do not fit its type."""

    def __init__(self, name: str, error: ValidationError) -> None:
        super().__init__(f"not the findings of the measure {name}")
        self.name, self.error = name, error


def model_of(name: str) -> type[Part]:
    """Return the type of a measure's findings; `UnknownFindings` if no such measure is
    registered."""
    try:
        measure: Any = registry.get("measure", name)
    except InputError:
        return UnknownFindings
    model: type[Part] = measure.Findings
    return model


def _typed(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    return {name: _findings(name, value) for name, value in values.items() if value is not None}


def _findings(name: str, value: Any) -> Part:
    if isinstance(value, Part):
        return value
    try:
        return model_of(name).model_validate(value)
    except ValidationError as error:
        raise MisreadMeasureError(name, error) from None


Measures = Annotated[Mapping[str, SerializeAsAny[Part]], BeforeValidator(_typed)]
