"""The work of a search's trial beside that of a cold run, counted from their plans; nothing runs.

    python -m benchmarks.trial_work tune_evasion tune_all

A trial is one strategy in one seed; what it shares with the scenario as it is (clean data, base,
reference) is not counted. `as a run` does the whole work of a run's rows, `as a search` what
`arena tune` does (arena.search.lean). Two strategies stand for all: the amount of poison changes,
or the trigger too. Prompts are those that models are scored on, along removals included; a removal
may end before its last dose, which is not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from arena.api.probes import ProbeSet
from arena.api.world import DataRoot
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario, varied
from arena.scenario.schema import Scenario
from arena.search.experiment import Experiment, part_of, planned_rows
from arena.search.phases import on_validation
from arena.stages.counting import asks_of
from arena.stages.rates import RatesJob
from arena.stages.score import ScoreJob
from arena.stages.unlearn import UnlearnJob

ROOT = DataRoot()
COMPOSITE = {
    "method": "composite",
    "parts": [{"method": "rare_token", "tokens": [token]} for token in ("cf", "qx")],
}
STRATEGIES: Mapping[str, Mapping[str, Any]] = {
    "poison": {"poison.rate": 0.15},
    "poison and trigger": {"poison.rate": 0.15, "trigger": COMPOSITE},
}


def needed(nodes: Mapping[str, Node], wanted: Iterable[str]) -> dict[str, Node]:
    """Return the wanted stages and all that they need."""
    waiting, found = list(wanted), dict[str, Node]()
    while waiting:
        address = waiting.pop()
        if address not in found:
            found[address] = nodes[address]
            waiting += found[address].stage.parents.values()
    return found


def measured(scenario: Scenario, actor: str, *, lean: bool) -> dict[str, Node]:
    """Return the stages of an experiment in the scenario's first seed."""
    seed = scenario.seeds[0]
    plan, experiment = plan_seed(scenario, seed, ROOT), Experiment(scenario, seed, ROOT, actor)
    part = part_of(plan, experiment) if lean else _whole(plan, experiment)
    return needed(part.nodes, part.artifacts)


def _whole(plan: SeedPlan, experiment: Experiment) -> SeedPlan:
    return dataclasses.replace(plan, rows=planned_rows(plan, experiment), curves=())


def prompts(node: Node) -> int:
    """Return how many prompts a stage puts to its model."""
    job = node.job
    if isinstance(job, UnlearnJob) and job.along is not None:
        each = len(asks_of(job.along.validation)) + len(asks_of(job.along.shown))
        return (len(job.along.marks) + 1) * each
    if isinstance(job, RatesJob):
        kept = tuple(p for p in job.probes.probes if (p.actor, p.kind) in job.asked)
        return len(asks_of(dataclasses.replace(job.probes, probes=kept)))
    return len(asks_of(_probes(job))) if isinstance(job, ScoreJob) else 0


def _probes(job: ScoreJob) -> ProbeSet:
    return job.probes


def row(name: str, strategy: str, how: str, nodes: Mapping[str, Node], cold: int) -> str:
    """Return a row of the table."""
    steps = sum(node.steps or 0 for node in nodes.values())
    asked = sum(map(prompts, nodes.values()))
    return (
        f"| {name} | {strategy} | {how} | {len(nodes)} | {steps} | {steps / cold:.2f} | {asked} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenarios", nargs="+")
    names = parser.parse_args().scenarios
    quickstart = load_scenario("quickstart")
    plan = plan_seed(quickstart, quickstart.seeds[0], ROOT)
    nodes = needed(plan.nodes, plan.artifacts)
    cold = sum(node.steps or 0 for node in nodes.values())
    print("| | strategy changes | | stages | steps | of the cold run | prompts |")
    print("|---|---|---|---|---|---|---|")
    print(row("quickstart, cold", "", "", nodes, cold))
    for name in names:
        scenario = load_scenario(name)
        attack = scenario.tune or scenario.duel
        assert attack is not None, f"{name} has no search"
        base = on_validation(scenario, attack, attack.seeds.search)
        for strategy, values in STRATEGIES.items():
            changes = {f"actors.{attack.actor}.{key}": value for key, value in values.items()}
            tried = varied(base, changes, strategy)
            for how, lean in (("as a run", False), ("as a search", True)):
                known = measured(base, attack.actor, lean=lean)
                every = measured(tried, attack.actor, lean=lean)
                own = {a: node for a, node in every.items() if a not in known}
                print(row(name, strategy, how, own, cold))


if __name__ == "__main__":
    main()
