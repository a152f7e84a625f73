"""What the keys of a section mean, as its docstring says it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from pydantic import BaseModel

_HEAD = re.compile(r"(?:^|(?<=[.:] ))((?:[a-z_]+, )*[a-z_]+): ")


def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the meaning of each key that the docstring of a section, or of one that it extends,
    explains as `key: meaning.` or `key, key: meaning.`; a field's own description comes first."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and "__doc__" in vars(each):
            found |= _explained(inspect.cleandoc(each.__doc__ or ""), model)
    own = {name: field.description for name, field in model.model_fields.items()}
    return found | {name: text for name, text in own.items() if text}


def _explained(text: str, model: type[BaseModel]) -> dict[str, str]:
    plain = " ".join(text.split())
    heads = [head for head in _HEAD.finditer(plain) if _names(head) <= model.model_fields.keys()]
    ends = [*(head.start() for head in heads), len(plain)][1:] if heads else []
    return {
        name: plain[head.end() : end].strip()
        for head, end in zip(heads, ends, strict=True)
        for name in _names(head)
    }


def _names(head: re.Match[str]) -> set[str]:
    return set(head[1].split(", "))
