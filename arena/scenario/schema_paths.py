"""Find the model and the field of an error's location in the schema."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, runtime_checkable

from pydantic import BaseModel

from arena.scenario import keys


@runtime_checkable
class ModelByContent(Protocol):
    """Metadata of a field whose model depends on the section's content."""

    def choose(self, value: object) -> type[BaseModel] | None: ...

    def extra_keys(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Spot:
    """A path of the file with its place in the schema.

    allowed: keys of the section around the path's last key. inside: keys of the section
    at the path, if it is one. metadata: constraints of the value at the path. words: the only texts
    that the value may be, if they are few.
    """

    path: keys.KeyPath
    value: object
    allowed: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    metadata: tuple[Any, ...] = ()
    words: tuple[str, ...] = ()


def locate(root: type[BaseModel], data: object, location: Sequence[str | int]) -> Spot:
    """Walk data and schema in parallel along an error's location.

    Locations may contain names of union members, which are no keys of the file: steps that
    do not exist are skipped, except the last (a missing or an unknown key).
    """
    path: keys.KeyPath = ()
    annotation: Any = root
    metadata: tuple[Any, ...] = ()
    allowed: tuple[str, ...] = ()
    for index, step in enumerate(location):
        last = index == len(location) - 1
        model, extra = _model(annotation, metadata, data)
        known = (*extra, *model.model_fields) if model else extra
        exists, inner = _child(data, step)
        if not exists and not (last and isinstance(data, Mapping) and isinstance(step, str)):
            continue
        annotation, metadata = _type_of_child(model, annotation, step)
        path, data, allowed = (*path, step), inner, known
    model, extra = _model(annotation, metadata, data)
    inside = (*extra, *model.model_fields) if model else extra
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    return Spot(path, data, allowed, inside, metadata, tuple(map(str, words)))


def _child(data: object, step: str | int) -> tuple[bool, object]:
    if isinstance(data, Mapping):
        return step in data, data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return True, data[step]
    return False, None


def _model(
    annotation: Any, metadata: tuple[Any, ...], data: object
) -> tuple[type[BaseModel] | None, tuple[str, ...]]:
    """The model that validates a value, and the keys allowed in addition to the model's own."""
    for item in metadata:
        if isinstance(item, ModelByContent):
            return item.choose(data), item.extra_keys()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ()
    if get_origin(annotation) in (Union, types.UnionType):
        models = [arg for arg in get_args(annotation) if _model(arg, (), data)[0]]
        return (_model(models[0], (), data)[0], ()) if len(models) == 1 else (None, ())
    if get_origin(annotation) is Annotated:
        base, *more = get_args(annotation)
        return _model(base, tuple(more), data)
    return None, ()


def _type_of_child(
    model: type[BaseModel] | None, annotation: Any, step: str | int
) -> tuple[Any, tuple[Any, ...]]:
    """Annotation and metadata of a key of a model or an entry of a list."""
    if isinstance(step, str):
        if model is None and (entry := _value_of_mapping(annotation)) is not None:
            return entry, _flat(entry, [])
        info = model.model_fields.get(step) if model else None
        return (info.annotation, _flat(info.annotation, info.metadata)) if info else (None, ())
    entry = next((arg for arg in _entries(annotation)), None)
    return entry, _flat(entry, [])


def _value_of_mapping(annotation: Any) -> Any:
    """The type of a mapping's values, also inside Annotated; None for anything else."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin, args = get_origin(annotation), get_args(annotation)
    is_mapping = isinstance(origin, type) and issubclass(origin, Mapping)
    return args[1] if is_mapping and len(args) == 2 else None


def _entries(annotation: Any) -> list[Any]:
    """Entry types of a list or tuple, also inside Annotated and unions."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple, set, frozenset):
        return list(args[:1])
    if origin is Annotated:
        return _entries(args[0])
    if origin in (Union, types.UnionType):
        return [entry for arg in args for entry in _entries(arg)]
    return []


def _flat(annotation: Any, metadata: Sequence[Any]) -> tuple[Any, ...]:
    """All constraints of a field, those inside `X | None` and FieldInfo included."""
    constraints = list(metadata)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for item in args[1:]:
            constraints += getattr(item, "metadata", None) or [item]
        constraints += _flat(args[0], [])
    if origin in (Union, types.UnionType):
        for arg in args:
            constraints += _flat(arg, [])
    return tuple(constraints)
