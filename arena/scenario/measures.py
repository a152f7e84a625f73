"""The measures beyond firing rates: a scenario enables each by its name.

`measures: {quiet: {}}` enables a measure with its defaults; `quiet: null` does not. The registry
lists all measures, those of plug-ins included.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from arena import registry
from arena.api.params import PART_MARK
from arena.scenario.parts import Part, strictly
from arena.scenario.problems import Violation, refuse
from arena.scenario.section import Section


@dataclass(frozen=True)
class EnabledMeasures:
    """The measures that a scenario enables, in the order of their names."""

    parts: tuple[Part, ...] = ()

    def dump(self) -> dict[str, Any]:
        """Return the section as in YAML, with every default."""
        return {part.name: part.params.model_dump(mode="json") for part in self.parts}


@dataclass(frozen=True)
class _ByName:
    """Annotation of the section: a mapping of measures' names to their parameters."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(EnabledMeasures.dump),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PART_MARK: "measure"}

    def choose(self, value: object) -> type[BaseModel]:
        """Return the pydantic model of the section, for errors that name its keys."""
        return _section(registry.names("measure"))

    def extra_keys(self) -> tuple[str, ...]:
        """Return no keys in addition to the measures."""
        return ()

    def validate(self, value: object) -> EnabledMeasures:
        """Return the measures that a section enables; raises ValidationError."""
        if isinstance(value, EnabledMeasures):
            return value
        if not isinstance(value, Mapping):
            rule = "must be a section such as {quiet: {}}"
            allowed = registry.names("measure")
            refuse("measures", [Violation((), rule, str(value), allowed)], value)
        section = strictly(self.choose(value), value)
        params = {name: getattr(section, name) for name in type(section).model_fields}
        return EnabledMeasures(
            tuple(Part("measure", name, each) for name, each in params.items() if each is not None)
        )


@functools.lru_cache(maxsize=8)
def _section(names: tuple[str, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name in names:
        measure: Any = registry.get("measure", name)
        fields[name] = (measure.Params | None, None)
    return create_model("Measures", __base__=Section, **fields)


MeasuresSection = Annotated[EnabledMeasures, _ByName()]
