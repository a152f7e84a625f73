"""The results of defences as a whole: the league, and decoys as predictors."""

from __future__ import annotations

from collections.abc import Sequence

from arena.results.curves import DoseCurve
from arena.results.decoys import DecoyDefence
from arena.results.league import League
from arena.results.rows import Row
from arena.scenario.defence import Defence
from arena.scenario.schema import Scenario
from arena.statistics.decoys import decoys
from arena.statistics.league import Entrant, league
from arena.statistics.reactivation import Curve


def league_of(
    scenario: Scenario,
    rows: Sequence[Row],
    curves: Sequence[Curve],
    ways: Sequence[DoseCurve],
) -> League | None:
    """Return the league; None if the only defence is one with a disclosed trigger."""
    main, *others = (entrant(n, d, scenario.training_passes) for n, d in scenario.defences.items())
    if not others and main.intelligence == "disclosed":
        return None
    actors = [actor.name for actor in scenario.actors]
    plain = _as_clean(scenario)
    entered, lost = [main, *others], scenario.dose.lost if scenario.dose else None
    limits, by_tokens = scenario.thresholds, scenario.corpus.judged_by_tokens
    return league(rows, entered, actors, limits, curves, plain, ways, lost, by_tokens=by_tokens)


def _as_clean(scenario: Scenario) -> Entrant:
    """The clean fine-tune with the defender's budget; a step costs one training step."""
    defender, training = scenario.defender, scenario.training_passes
    steps = defender.steps_within(training)
    per_step = None if training is None else defender.batch_size / training
    return Entrant(
        name="clean fine-tune",
        intelligence="control",
        method="none",
        knows="nothing",
        steps=steps,
        examples=defender.examples,
        compute=None if per_step is None else steps * per_step,
        per_step=per_step,
    )


def decoys_of(scenario: Scenario, rows: Sequence[Row]) -> tuple[DecoyDefence, ...]:
    """Return the findings on every defence that plants decoys."""
    actors = [actor.name for actor in scenario.actors]
    planted = {
        name: {decoy.name: decoy.trigger.name for decoy in defence.decoys.plant}
        for name, defence in scenario.defences.items()
        if defence.decoys is not None
    }
    return tuple(
        decoys(rows, name, actors, methods, scenario.thresholds)
        for name, methods in planted.items()
    )


def entrant(name: str, defence: Defence, training: int | None) -> Entrant:
    """Return a defence as a league entry, its budget as a share of the suspect's training (None if
    that is unknown)."""
    return Entrant(
        name=name,
        intelligence=defence.intelligence,
        method=defence.objective.name,
        knows=_knows(defence),
        steps=defence.steps_within(training),
        examples=defence.examples,
        compute=defence.share_of(training),
        fixed=None if training is None else defence.fixed_cost() / training,
        per_step=None if training is None else defence.step_cost() / training,
    )


def _knows(defence: Defence) -> str:
    """What the defence was given in addition to the suspect and clean examples, in words."""
    part = defence.objective.part_class
    if part.needs_base:
        return "a clean base"
    return {
        "disclosed": "one trigger" + (" and its payload" if part.needs_payload else ""),
        "discovered": "names of frames, styles and topics",
        "decoy": "nothing: it plants its own",
        "blind": "nothing",
    }[defence.intelligence]
