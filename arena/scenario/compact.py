"""A scenario's plain values without nulls that say nothing: those at keys whose default is null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from arena.scenario.parts import Beside, Part


def without_default_nulls(value: object, plain: Any) -> Any:
    """Return plain values without each null at a key whose default is null, and without sections
    that are at their default and have nothing else in them. Loading gives an equal scenario.

    Args:
        value: a section, or what it holds. plain: the same as plain YAML values.
    """
    if isinstance(value, BaseModel) and isinstance(plain, Mapping):
        return _compact(value, type(value).model_fields, plain)
    if isinstance(value, Part) and isinstance(plain, Mapping):
        return _compact(
            value.params, {**type(value.params).model_fields, **Beside.model_fields}, plain
        )
    if isinstance(value, Mapping) and isinstance(plain, Mapping) and len(value) == len(plain):
        pairs = zip(value.values(), plain.items(), strict=True)
        return {key: without_default_nulls(one, other) for one, (key, other) in pairs}
    if isinstance(value, tuple | list) and isinstance(plain, Sequence) and len(value) == len(plain):
        return [without_default_nulls(*pair) for pair in zip(value, plain, strict=True)]
    return plain


def _compact(
    section: BaseModel, fields: Mapping[str, FieldInfo], plain: Mapping[str, Any]
) -> dict[str, Any]:
    """The section's values; a key that is no field (a part's name) is kept."""
    kept = {}
    for key, item in plain.items():
        shorter = without_default_nulls(getattr(section, key, None), item)
        if key in fields and _says_nothing(section, key, fields[key], item, shorter):
            continue
        kept[key] = shorter
    return kept


def _says_nothing(
    section: BaseModel, key: str, field: FieldInfo, item: Any, shorter: Any
) -> bool:  # fmt: skip
    if field.is_required():
        return False
    default = field.get_default(call_default_factory=True, validated_data={})
    if item is None:
        return default is None
    emptied = isinstance(item, Mapping) and bool(item) and not shorter
    return emptied and default == getattr(section, key, None)
