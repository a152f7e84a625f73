"""Digests of the code behind a seed, by kind of stage and by part."""

from __future__ import annotations

import json
from collections.abc import Iterator

from arena import registry
from arena.api.tracker import Tracker
from arena.planning.graph import SeedPlan
from arena.scenario.schema import Scenario
from arena.store.code import code_of

SHOWN = 16  # hex digits kept of a digest


def code_behind(scenario: Scenario, plan: SeedPlan) -> dict[str, str]:
    """Return digests of the code of every kind of stage in a seed's plan, of the arena's own parts
    and of those that the scenario names; without trackers, which change no result. They are the
    digests used in addresses (arena.store.code)."""
    kinds = {node.stage.kind: str(node.stage.spec["code"]) for node in plan.nodes.values()}
    parts = {f"{name} ({part.__name__})": code_of(part) for name, part in _parts(scenario)}
    return {name: code[:SHOWN] for name, code in sorted({**kinds, **parts}.items())}


def _parts(scenario: Scenario) -> Iterator[tuple[str, type]]:
    text = json.dumps(scenario.resolved())
    for part in registry.parts():
        name = str(getattr(part, "name", ""))
        if issubclass(part, Tracker):
            continue
        if part.__module__.startswith("arena.") or json.dumps(name) in text:
            yield name, part
