"""What determines a stage's outcome, as plain JSON values: the part of an address that describes
the work.

A stage's job names its fields once; everything here follows from their types:

    numbers, texts, None        themselves
    tuples, lists, mappings     item by item
    frozen dataclasses, models  field by field
    parts (trigger, payload, …) a digest of name, parameters, data files and code

Long values become digests, and so does every part: a defender can read the manifest of its suspect,
which must not name the planted triggers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from arena.api.job import Job
from arena.api.trigger import Trigger
from arena.api.world import DataRoot, World
from arena.store.code import code_of
from arena.store.files import data_files

LONG = 1000  # characters of JSON beyond which a value is replaced by its digest
MANY = 16  # smallest number of items for which a tuple's identity is cached


def digest(content: object) -> str:
    """Return the SHA-256 (hex) of a JSON value, independent of the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def identify(value: object) -> Any:
    """Return the value as plain JSON values that change whenever it does.

    Raises:
        TypeError: the value is of a type that cannot be identified, such as an open file.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple) and len(value) >= MANY and not isinstance(value[0], int | float):
        with contextlib.suppress(TypeError):  # an item is not hashable
            return _remembered(value)
    return _shortened(_plain(value))


@functools.lru_cache(maxsize=512)
def _remembered(values: tuple[Hashable, ...]) -> Any:
    """The cached identity of a tuple of prompts, which many stages of a plan share. Nothing else is
    cached: equal numbers may differ as JSON (1 and 1.0), and single prompts would crowd out the
    rest."""
    return _shortened(_plain(values))


def _shortened(plain: Any) -> Any:
    if isinstance(plain, str):
        return plain
    return digest(plain) if len(json.dumps(plain)) > LONG else plain


def _plain(value: object) -> Any:
    if isinstance(value, DataRoot):
        return None  # the location of files does not matter, only their content
    if isinstance(value, World):
        return {"labels": list(value.labels)}
    if isinstance(value, Trigger):
        return digest(["trigger", value.key, *_part(value), [identify(t) for t in value.triggers]])
    if isinstance(value, Mapping):
        return {str(key): identify(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        items = [identify(item) for item in value]
        return digest(items) if any(map(dataclasses.is_dataclass, value)) else items
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {**fields_of(value), **_own_code(type(value))}
    if isinstance(value, Path) and value == Path():
        return None  # filled in when the stage runs; the parents determine it
    if hasattr(value, "params"):
        return digest(_part(value))
    raise TypeError(f"{type(value).__name__} has no identity: it is no plain value and no part")


def _part(value: Any) -> list[Any]:
    """The identity of a trigger, payload, tactic, objective or discovery method: all that
    determines what it does."""
    params = getattr(value, "params", None)
    plain = params.model_dump(mode="json") if isinstance(params, BaseModel) else None
    world = getattr(value, "world", None)
    files = data_files(plain, world.root) if world is not None else {}
    return [getattr(type(value), "name", ""), plain, files, code_of(type(value))]


def _own_code(kind: type) -> dict[str, str]:
    """Code of a value's class, for classes that the job's own module need not import."""
    imported = kind.__module__.startswith(("arena.api.", "arena.stages.", "arena.ml."))
    return {} if imported else {"code": code_of(kind)}


def identity_of(job: Job) -> dict[str, Any]:
    """Return all that determines a job's outcome except its parents, as JSON values: every field,
    and the code of the job's module with all that it imports."""
    return {**fields_of(job), "code": code_of(type(job))}


def fields_of(value: Any) -> dict[str, Any]:
    """Return the identities of a dataclass's fields, by name."""
    return {field.name: identify(getattr(value, field.name)) for field in dataclasses.fields(value)}
