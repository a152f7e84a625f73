"""Hypothesis strategies for any results model, drawn field by field from its types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue, RootModel

from arena.results.base import Part
from arena.results.measures import UnknownFindings
from arena.results.rows import Rate

NAMES = st.text("abcdefgé_:> ", min_size=1, max_size=6)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | NUMBERS | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: NAMES,
    int: st.integers(0, 999),
    float: NUMBERS,
    bool: st.booleans(),
    type(None): st.none(),
    JsonValue: JSON,
    Part: st.dictionaries(NAMES, JSON, max_size=2).map(UnknownFindings.model_validate),
}


def drawn(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type that a field of a results model may have."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    if origin is Annotated:
        return drawn(args[0])
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of([drawn(each) for each in args])
    if origin is tuple:
        return st.lists(drawn(args[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(NAMES, drawn(args[1]), max_size=2)
    return of_model(annotation)


def of_model(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of a results model, every field drawn."""
    if issubclass(model, Rate):
        counts = st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 9))
        return counts.map(lambda c: Rate(hits=min(c[:2]), n=max(c[:2]), excluded=c[2]))
    if issubclass(model, RootModel):
        return drawn(model.model_fields["root"].annotation).map(model)
    fields = {
        name: drawn(field.annotation)
        for name, field in model.model_fields.items()
        if name != "schema_version"
    }
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))
