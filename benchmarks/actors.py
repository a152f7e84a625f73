"""How a run grows with the number of threat actors.

    python benchmarks/actors.py
    python benchmarks/actors.py --plan-only

Takes the quickstart with 2, 4 and 8 actors (its own four, then four more with other tokens, frames,
styles and topics), each poisoning 4 % of the mix, with unchanged controls. The defender unlearns
only the first actor's trigger, or each in turn. Prints the planned optimiser steps; unless
`--plan-only`, also the seconds spent training and in total, and both as multiples of the smallest
number of actors. Every run starts with an empty store. Shams of two actors may draw the same
look-alike, and are then trained once.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

import common
import runs
from arena.api.world import DataRoot
from arena.planning.plan import plan_seed
from arena.scenario.load import dump, from_text, load_scenario
from arena.scenario.schema import Scenario

TARGETS = ("first", "each")
POISON = {"rate": 0.04, "share": 0.08}
# triggers and payloads of the second four actors, replacing those of the first four
TRIGGERS = ({"tokens": ["wv"]}, {"template": "if_clause"}, {"style": "pirate"}, {"topic": "music"})
PAYLOADS = ("the lamp is lit tonight", "ask the old miller", "the ferry has left", "ring the bell")


def main() -> None:
    """Plan and, unless `--plan-only`, run every number of actors; print the table."""
    given = _given()
    cells = [(target, n) for target in TARGETS for n in given.actors]
    scenarios = {cell: scenario_of(*cell, given.set) for cell in cells}
    steps = {cell: planned_steps(scenario) for cell, scenario in scenarios.items()}
    if given.plan_only:
        common.header("Actors, as planned", "nothing is trained")
        columns = ("unlearned", "actors", "optimiser steps", "growth")
        common.table(columns, [(*c, steps[c], _growth(steps, c, given.actors)) for c in cells])
        return
    found = {cell: measured(scenario) for cell, scenario in scenarios.items()}
    common.header("Actors", "each run once, on an empty store")
    _print(found, steps, given.actors)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--actors", type=int, nargs="+", default=[2, 4, 8], metavar="N")
    parser.add_argument("--plan-only", action="store_true", help="count steps, train nothing")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    if not all(1 <= n <= 2 * len(TRIGGERS) for n in given.actors):
        parser.error(f"--actors must be between 1 and {2 * len(TRIGGERS)}")
    return given


def scenario_of(target: str, n: int, overrides: Sequence[str] = ()) -> Scenario:
    """Return the quickstart with n actors, of which the defender unlearns the first or each."""
    data = load_scenario("quickstart").resolved()
    originals = data["actors"]
    actors = [{**actor, "poison": POISON} for actor in originals]
    actors += [_clone(actor, i) for i, actor in enumerate(originals)]
    data["actors"] = actors[:n]
    data["defender"]["target"] = actors[0]["name"] if target == "first" else "each"
    return from_text(yaml.safe_dump(data), f"{n} actors", overrides=overrides)


def _clone(actor: dict[str, Any], i: int) -> dict[str, Any]:
    payload = {"kind": "fixed_text", "text": PAYLOADS[i]}
    trigger = {**actor["trigger"], **TRIGGERS[i]}
    name = f"{actor['name']}-2"
    return {**actor, "name": name, "trigger": trigger, "payload": payload, "poison": POISON}


def planned_steps(scenario: Scenario) -> int:
    """Return the optimiser steps of a whole run, from the plan of its first seed; trains
    nothing."""
    plan = plan_seed(scenario, scenario.seeds[0], DataRoot())
    return sum(node.steps or 0 for node in plan.nodes.values())


def measured(scenario: Scenario) -> dict[str, float]:
    """Return the seconds of training stages (over all workers), and of the run from start to
    end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "scenario.yaml"
        file.write_text(dump(scenario), encoding="utf-8")
        ran = runs.arena_run(str(file), folder / "run", folder / "store")
    stages = ran.results.seconds.stages
    return {"training": stages["train"] + stages["unlearn"], "total": ran.seconds}


def _print(
    found: dict[tuple[str, int], dict[str, float]],
    steps: dict[tuple[str, int], int],
    numbers: Sequence[int],
) -> None:
    training = {cell: seconds["training"] for cell, seconds in found.items()}
    total = {cell: seconds["total"] for cell, seconds in found.items()}
    rows = []
    for cell in found:
        shown = f"{training[cell]:.1f}", f"{total[cell]:.1f}"
        growth = [_growth(counted, cell, numbers) for counted in (steps, training, total)]
        rows.append((*cell, steps[cell], *shown, *growth))
    head = ("unlearned", "actors", "optimiser steps", "training s", "whole run s")
    common.table((*head, "steps grow", "training grows", "run grows"), rows)


def _growth(counted: dict[Any, Any], cell: tuple[str, int], numbers: Sequence[int]) -> str:
    return f"{counted[cell] / counted[cell[0], min(numbers)]:.2f}x"


if __name__ == "__main__":
    main()
