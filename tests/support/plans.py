"""Plans of the toy scenario, and their stages by name, for the tests of planning."""

from __future__ import annotations

import functools

from arena.api.world import DataRoot
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from tests.support import toys

LEXICAL_EARLY = "actors.lexical.stage=pretraining"
SHARDS = {f"shard:{a}": f"poison {a}" for a in ("lexical", "linguist", "bard", "merchant")}
EARLY_MIX, LATE_MIX = "clean mix, pretraining", "clean mix, continual_pretraining"


@functools.cache
def plan(*overrides: str, seed: int = 0) -> SeedPlan:
    return plan_seed(toys.scenario(*overrides), seed, DataRoot())


def by_name(made: SeedPlan) -> dict[str, Node]:
    """Stages by their name without the seed; names are unique in a plan."""
    found = {node.stage.name.rsplit(" ", 1)[0]: node for node in made.nodes.values()}
    assert len(found) == len(made.nodes)
    return found


def addresses(made: SeedPlan) -> dict[str, str]:
    return {name: node.address for name, node in by_name(made).items()}


def parents(made: SeedPlan, child: str) -> dict[str, str]:
    """Role -> name of the stage that plays it."""
    names = {node.address: name for name, node in by_name(made).items()}
    return {role: names[a] for role, a in by_name(made)[child].stage.parents.items()}
