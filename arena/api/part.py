"""The base of every part of a results file, findings of measures among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

T = TypeVar("T")


def _without_nulls(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    return {key: value for key, value in values.items() if value is not None}


# A mapping by name (of an actor, a seed, a model). Null entries are dropped.
Named = Annotated[Mapping[str, T], BeforeValidator(_without_nulls)]


class Part(BaseModel):
    """A section of a results file, frozen. Unknown keys are ignored, and a null means the field's
    default if it has one, so that files of other versions can be read."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, ser_json_inf_nan="null"
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        optional = {
            key
            for name, field in cls.model_fields.items()
            if not field.is_required()
            for key in (name, field.alias, field.validation_alias)
        }
        return {k: v for k, v in values.items() if v is not None or k not in optional}
