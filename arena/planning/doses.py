"""Where along a removal its models are taken: the dose curve of every run, and the rows at the
doses of the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from arena.api.probes import ProbeSet
from arena.api.values import RowKind
from arena.errors import InputError
from arena.ml.train_config import TrainConfig
from arena.planning.actors import PlannedActors
from arena.planning.builder import Builder
from arena.planning.graph import CurvePlan
from arena.planning.probes import first_triggered, probe_set, triggered_only
from arena.results.rows import Sham
from arena.scenario.defence import Defence
from arena.scenario.dose import Dose
from arena.scenario.schema import Scenario
from arena.stages.along import Along, DoseRule, Which, marks_of
from arena.stages.dose import DoseJob
from arena.store.code import code_of


def doses_of(scenario: Scenario, defence: Defence) -> Dose | None:
    """Return the doses at which a defence is judged; None if its final model is judged: no trigger
    is disclosed to it, it takes no step, or the scenario has no `dose` section."""
    steps = defence.steps_within(scenario.training_passes)
    judged = defence is scenario.defender and defence.intelligence == "disclosed"
    return scenario.dose if judged and steps > 0 else None


Role = Literal["control", "removal", "sham", "contender"]


def league_dose(scenario: Scenario, defence: Defence) -> Dose | None:
    """Return the doses along which a league's defence is compared; None if its final model is
    compared: it takes no step, or plants decoys first, or the scenario has no `dose` section."""
    steps = defence.steps_within(scenario.training_passes)
    return scenario.dose if steps > 0 and defence.intelligence != "decoy" else None


def along(
    builder: Builder, dose: Dose, config: TrainConfig, own: str | None, role: Role
) -> Along:  # fmt: skip
    """Return how a run is scored along its way: on validation prompts only what its doses are read
    off. That is every actor and the clean prompts for the clean fine-tune, the own trigger for a
    removal, nothing for a sham, and in a league the clean prompts as well.

    own: the actor whose trigger it removes, or that a sham belongs to; None if no trigger is known.
    """
    league = bool(builder.scenario.league) and role != "sham"
    clean = role in ("control", "contender") or league
    everyone = role == "control"
    asked = None if role == "sham" else own
    return Along(
        marks=marks_of(config, dose.points, dose.first, dose.last),
        validation=builder.once(
            f"validation {everyone} {asked} {clean}",
            lambda: _asked(builder, dose, everyone, asked, clean),
        ),
        shown=builder.once(f"shown {league}", lambda: _first(builder, dose.shown, league)),
        rule=_rule(builder.scenario, dose),
        code=code_of(Along),
        own=own,
        scoring=builder.scoring.scoring,
        keeps="harmless" if role == "contender" else "both" if league else "doses",
    )


VERDICTS: tuple[Which, ...] = ("least", "most")


@dataclass(frozen=True)
class Runs:
    """A run and the runs that its doses are read off: the removal that it belongs to, and the clean
    fine-tune (None: there is none, so no `most`)."""

    run: str
    removal: str
    control: str | None


Row = tuple[RowKind, str, str | None]


def taken(
    builder: Builder,
    dose: Dose,
    row: Row,
    runs: Runs,
    own: str | None,
    detail: Mapping[str, str] | None = None,
    which: tuple[Which, ...] = VERDICTS,
    sham: Sham | None = None,
) -> None:
    """Add the rows of a run at the doses of the verdicts, or at other doses.

    Args:
        row: kind, name and target; the dose is added to the name.
        own: the actor whose removal `least` is read off.
    """
    kind, name, target = row
    defence = (detail or {}).get("defence", "")
    if all(curve.run != runs.run for curve in builder.curves):
        builder.curves.append(CurvePlan(kind, name, target, runs.run, defence, sham))
    for each in which:
        if each == "most" and runs.control is None:
            continue
        label = f"{name}@{each}"
        if any(known.name == label for known in builder.rows):
            continue
        model = _at(builder, dose, each, label, runs, own)
        builder.row(kind, label, target, model, detail, each, sham)


def _at(builder: Builder, dose: Dose, which: Which, name: str, runs: Runs, own: str | None) -> str:
    job = DoseJob(which, own if which == "least" else None, _rule(builder.scenario, dose))
    reads: dict[Which, dict[str, str]] = {
        "least": {"removal": runs.removal},
        "most": {"control": runs.control or ""},
        "harmless": {},
    }
    return builder.add(job, f"take {name}", "arena", {"run": runs.run, **reads[which]})


def _rule(scenario: Scenario, dose: Dose) -> DoseRule:
    return DoseRule(dose.removed, dose.kept, dose.lost, scenario.thresholds.installed_asr)


def _asked(
    builder: Builder, dose: Dose, everyone: bool, actor: str | None, clean: bool
) -> ProbeSet:  # fmt: skip
    """The validation prompts of all actors or of one, and the clean ones."""
    everything = builder.once("validation", lambda: _validation(builder, dose))
    probes = tuple(p for p in everything.probes if everyone or p.actor == actor)
    return replace(everything, probes=probes, clean=everything.clean if clean else ())


def _validation(builder: Builder, dose: Dose) -> ProbeSet:
    limit = builder.scenario.evaluation.max_new_tokens
    made = probe_set(builder.corpus, builder.actors, "validation", dose.prompts, limit)
    if builder.scenario.corpus.judged_by_tokens:
        made = replace(made, exact_answers=False)
    for probe in made.probes:
        if probe.kind == "asr" and not probe.prompts:
            rule = "no validation prompt is usable for this actor, so no dose can be determined"
            raise InputError(rule, key="dose", found=probe.actor, allowed=("null",))
    return _of_actors(triggered_only(made), builder.actors)


def _first(builder: Builder, prompts: int, clean: bool) -> ProbeSet:
    """The first triggered prompts of each actor, without the trigger too where clean prompts may
    get the payload (T_excess), and where asked the first clean ones."""
    either = [member.name for member in builder.actors.members if member.payload.also_clean]
    asked = _of_actors(first_triggered(builder.probes, prompts, either), builder.actors)
    if builder.scenario.corpus.judged_by_tokens:
        asked = replace(asked, exact_answers=False)
    return replace(asked, clean=builder.probes.clean[:prompts] if clean else ())


def _of_actors(probes: ProbeSet, actors: PlannedActors) -> ProbeSet:
    """The prompts of actors only: no dose is read off benign conditionals or a defender's
    decoys."""
    return probes.of([member.name for member in actors.members])
