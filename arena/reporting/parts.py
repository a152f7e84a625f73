"""Parts of results.json, whatever stands in their place: a part missing or malformed is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Results = Mapping[str, Any]


def part(results: Results, key: str) -> Mapping[str, Any]:
    """A sub-mapping; empty where it is missing or something else."""
    found = results.get(key)
    return found if isinstance(found, Mapping) else {}


def listed(results: Results, key: str) -> list[Mapping[str, Any]]:
    """A list of mappings; empty where it is missing, without what is no mapping."""
    found = results.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def names(results: Results, key: str) -> list[str]:
    """A list as texts; empty where it is missing or something else."""
    found = results.get(key)
    return [str(each) for each in found] if isinstance(found, list) else []


def told_nothing(results: Results) -> bool:
    """Whether the defender was told no trigger: then the run says nothing on the claim."""
    told = part(part(results, "scenario"), "defender").get("intelligence", "disclosed")
    return bool(told != "disclosed")
