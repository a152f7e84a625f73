"""JSON Schema of scenarios: what an editor completes and checks while one is written.

It knows keys, types, ranges and the registered parts with their parameters. Rules between sections
(`arena validate`) are beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from arena import registry
from arena.api.params import PART_MARK
from arena.registry import Kind
from arena.scenario.key_meanings import meanings
from arena.scenario.parts import NAME_KEYS, Beside
from arena.scenario.schema import Scenario
from arena.scenario.source import SOURCES

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
BESIDE = "beside_corpus"  # keys of every corpus's section


def scenario_schema() -> Json:
    """Return the JSON Schema (draft 2020-12) of a scenario, with every part that is registered
    now."""
    registry.load()
    own = Scenario.model_json_schema()
    own["$defs"] |= _models("model", dict(SOURCES)) | _definitions(BESIDE, Beside)
    for kind in NAME_KEYS:
        own["$defs"] |= _parts(kind)
    for top in (Scenario, *SOURCES.values()):
        for model in _sections(top):
            _explain(own if model is Scenario else own["$defs"].get(model.__name__, {}), model)
    return {"$schema": DIALECT, **_linked(own)}


def _parts(kind: Kind) -> Json:
    """The definitions of all parts of a kind, and of the section that chooses one."""
    made: Json = {}
    for name in registry.names(kind):
        part: Any = registry.get(kind, name)
        made |= _definitions(f"{kind}.{name}", part.Params)
        section = made[f"{kind}.{name}"]
        section["description"] = registry.summary(kind, name)
        if kind != "measure":
            key = NAME_KEYS[kind]
            section["properties"] = {key: {"const": name}, **section.get("properties", {})}
            section["required"] = [key, *section.get("required", [])]
        if kind == "corpus":
            section["properties"] |= _definitions(BESIDE, Beside)[BESIDE]["properties"]
    return made | {kind: _choice(kind, list(registry.names(kind)))}


def _choice(kind: Kind, names: list[str]) -> Json:
    if kind == "measure":
        each = {n: {"anyOf": [_ref(f"measure.{n}"), {"type": "null"}]} for n in names}
        return {"type": "object", "properties": each, "additionalProperties": False}
    return {"oneOf": [_ref(f"{kind}.{name}") for name in names]}


def _models(prefix: str, models: dict[str, type[BaseModel]]) -> Json:
    made: Json = {}
    for name, model in models.items():
        schema = model.model_json_schema(ref_template="#/$defs/{model}")  # sections are shared
        _explain(schema, model)
        made |= schema.pop("$defs", {}) | {f"{prefix}.{name}": schema}
    return made | {prefix: {"anyOf": [_ref(f"{prefix}.{name}") for name in models]}}


def _definitions(name: str, model: type[BaseModel]) -> Json:
    """A model's schema under a name, and those that it refers to below that name."""
    schema = model.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    made = {f"{name}.{inner}": each for inner, each in schema.pop("$defs", {}).items()}
    for each in _sections(model):
        _explain(schema if each is model else made.get(f"{name}.{each.__name__}", {}), each)
    return {name: schema, **made}


def _explain(schema: Json, model: type[BaseModel]) -> None:
    for key, meaning in meanings(model).items():
        if key in schema.get("properties", {}):
            schema["properties"][key].setdefault("description", meaning)


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and all models inside its fields."""
    yield model
    for field in model.model_fields.values():
        for inner in _inside(field.annotation):
            yield from _sections(inner)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in getattr(annotation, "__args__", ()):
        yield from _inside(each)


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _linked(schema: Any) -> Any:
    """The schema with a reference in place of every mark."""
    if isinstance(schema, list):
        return [_linked(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    linked = {key: _linked(value) for key, value in schema.items() if key != PART_MARK}
    return linked | _ref(schema[PART_MARK]) if PART_MARK in schema else linked
