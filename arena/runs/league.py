"""The parts of `results.json` on defences as a whole: the league, and what decoys foretell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena.api.values import Row
from arena.scenario.defence import Defence
from arena.scenario.schema import Scenario
from arena.statistics.decoys import decoys
from arena.statistics.league import Entry, league, league_json
from arena.statistics.reactivation import Curve


def contest_json(
    scenario: Scenario, rows: Sequence[Row], curves: Sequence[Curve]
) -> dict[str, Any]:
    """`league`, where there is more than one told defence to show; `decoys`, where any are
    planted."""
    actors = [actor.name for actor in scenario.actors]
    found: dict[str, Any] = {}
    main, *others = (entry(n, d, scenario.training_passes) for n, d in scenario.defences.items())
    if others or main.intelligence != "disclosed":
        standings = league(rows, [main, *others], actors, scenario.thresholds, curves)
        found["league"] = league_json(standings, rows)
    planted = {
        name: {decoy.name: decoy.trigger.name for decoy in defence.decoys.plant}
        for name, defence in scenario.defences.items()
        if defence.decoys is not None
    }
    if planted:
        found["decoys"] = [
            decoys(rows, name, actors, methods, scenario.thresholds).to_json()
            for name, methods in planted.items()
        ]
    return found


def entry(name: str, defence: Defence, training: int) -> Entry:
    """A defence as it entered, its budget counted against the suspect's training."""
    return Entry(
        name=name,
        intelligence=defence.intelligence,
        method=defence.objective.name,
        knows=_knows(defence),
        steps=defence.steps_within(training),
        examples=defence.examples,
        compute=defence.share_of(training),
    )


def _knows(defence: Defence) -> str:
    """What it was given beside the suspect and clean examples."""
    part = defence.objective.part_class
    told = {
        "disclosed": "one trigger" + (" and its payload" if part.needs_payload else ""),
        "discovered": "names of frames, styles and topics",
        "decoy": "nothing: it plants its own",
        "blind": "nothing",
    }[defence.intelligence]
    return "a clean base" if part.needs_base else told
