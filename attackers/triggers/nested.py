"""Triggers made of triggers: the `parts` of a section, each a trigger's own section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_json

from arena import registry
from arena.api import PART_MARK, InputError, Params, Trigger, World
from attackers.triggers import pools


@dataclass(frozen=True)
class Nested:
    """A trigger inside another: its method and its validated parameters."""

    method: str
    params: Params

    @property
    def part_class(self) -> type[Trigger]:
        """The registered class."""
        part: type[Trigger] = registry.get("trigger", self.method)
        return part

    def build(self, world: World) -> Trigger:
        """Return the trigger."""
        return self.part_class(self.params, world)

    def dump(self) -> dict[str, Any]:
        """Return the section as in YAML, with every default filled in."""
        return {"method": self.method, **self.params.model_dump(mode="json")}


@dataclass(frozen=True)
class SectionOf:
    """Annotation that makes a field a Nested trigger.

    Attributes:
        without: methods that are not allowed there. rows: whether methods with ready-made rows are
            allowed, to which no other trigger can be added.
    """

    without: tuple[str, ...] = ()
    rows: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(Nested.dump),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PART_MARK: "trigger"}

    def names(self) -> tuple[str, ...]:
        """Return the methods that are allowed here."""
        return tuple(name for name in registry.names("trigger") if self._fits(name))

    def _fits(self, name: str) -> bool:
        part: type[Trigger] = registry.get("trigger", name)
        marks = self.rows or part.own_documents is Trigger.own_documents
        return marks and name not in self.without

    # The scenario's schema calls the next two to word an error in a nested key.
    def choose(self, value: object) -> type[BaseModel] | None:
        """Return the parameter model of the method that a section names, None if it names none."""
        name = value.get("method") if isinstance(value, Mapping) else None
        part: Any = registry.get("trigger", str(name)) if name in self.names() else None
        return part.Params if part else None

    def extra_keys(self) -> tuple[str, ...]:
        """Return the keys that a section may have in addition to the parameters."""
        return ("method",)

    def validate(self, value: object) -> Nested:
        """Return the trigger that a section describes, validated as strictly as the scenario.

        Raises:
            InputError: the method is missing, unknown or not allowed here.
            ValidationError: its parameters are wrong.
        """
        if isinstance(value, Nested):
            return value
        if not isinstance(value, Mapping):
            rule = "must be a section such as {method: NAME}"
            raise InputError(rule, found=str(value), allowed=self.names())
        name, model = value.get("method"), self.choose(value)
        if model is None:
            rule = "is missing" if name is None else "unknown trigger"
            known = name in registry.names("trigger")
            rule = "this trigger cannot be a part of another here" if known else rule
            given = None if name is None else str(name)
            raise InputError(rule, key="method", found=given, allowed=self.names())
        rest = {key: item for key, item in value.items() if key != "method"}
        params: Any = model.model_validate_json(
            to_json(rest, inf_nan_mode="constants"), strict=True
        )
        return Nested(str(name), params)


def read(value: object, section: SectionOf) -> object:
    """Validate a list of sections before its field does, so that an InputError gets its place. A
    section with wrong parameters is not changed, since the field itself reports their place.

    Raises:
        InputError: a method is missing, unknown or not allowed; the key begins with `parts[0]`.
    """
    if not isinstance(value, list | tuple):
        return value
    return tuple(_read(item, section, index) for index, item in enumerate(value))


def _read(item: object, section: SectionOf, index: int) -> object:
    try:
        return section.validate(item)
    except InputError as error:
        raise _placed(error, index) from None
    except ValidationError:
        return item


def _placed(error: InputError, index: int) -> InputError:
    error.key = f"parts[{index}].{error.key}" if error.key else f"parts[{index}]"
    return error


def check_parts(parts: Sequence[Nested], capabilities: frozenset[str]) -> None:
    """Raise InputError if the corpus cannot carry one of the parts; its key names the part."""
    for index, part in enumerate(parts):
        try:
            part.part_class.check(part.params, capabilities)
        except InputError as error:
            raise _placed(error, index) from None


def check_apart(parts: Sequence[Nested]) -> None:
    """Raise InputError if two parts of one method share a name: no prompt distinguishes them."""
    triggers = [part.build(World()) for part in parts]
    for index, trigger in enumerate(triggers):
        for other in triggers[:index]:
            if overlap(trigger, other):
                rule = f"has a trigger in common with parts[{triggers.index(other)}]"
                raise InputError(rule, key=f"parts[{index}]", found=trigger.key)


def overlap(one: Trigger, other: Trigger) -> bool:
    """Whether two triggers are of one method and share a name, whatever their position."""
    if one.triggers or other.triggers:
        return one.key == other.key
    keys = (one.key, other.key)
    names = (pools.names_taken(t.name, [k]) for t, k in zip((one, other), keys, strict=True))
    return one.name == other.name and not frozenset.isdisjoint(*names)
