"""Older results files, brought to the shape of this version."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from arena.results.base import SCHEMA_VERSION

MEASURES = ("representations", "quiet", "reactivation")  # version 1 had them at the top level


def migrate(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the content of a results file in the form of version 2; newer content is unchanged.

    1 -> 2: findings of measures move below `measures`; an actor's `installed` in `installation` is
    a number of seeds (very old files have true or false there, which moves to `installed`).
    """
    version = values.get("schema_version")
    if isinstance(version, int) and version >= SCHEMA_VERSION:
        return dict(values)
    kept = {key: value for key, value in values.items() if key not in MEASURES}
    moved = {name: values[name] for name in MEASURES if isinstance(values.get(name), dict)}
    measures = values.get("measures")
    kept["measures"] = {**moved, **(measures if isinstance(measures, dict) else {})}
    kept["schema_version"] = SCHEMA_VERSION
    return {**kept, **_installation(values)}


def _installation(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """`installed` and `installation` of a file in which an actor's `installed` is true or false."""
    installation, installed = values.get("installation"), values.get("installed")
    if not isinstance(installation, dict):
        return {}
    answers = {
        actor: entry["installed"]
        for actor, entry in installation.items()
        if isinstance(entry, dict) and isinstance(entry.get("installed"), bool)
    }
    if not answers:
        return {}
    counted = {
        actor: {**entry, "installed": None}
        if isinstance(entry, dict) and actor in answers
        else entry
        for actor, entry in installation.items()
    }
    known = installed if isinstance(installed, dict) else {}
    return {"installation": counted, "installed": {**answers, **known}}
