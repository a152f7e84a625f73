"""Where along a removal its models are taken: the curve of every run, and the rows at the doses of
the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from arena.api.probes import ProbeSet
from arena.api.values import RowKind
from arena.ml.train_config import TrainConfig
from arena.planning.builder import Builder
from arena.planning.graph import CurvePlan
from arena.planning.probes import first_triggered, probe_set, triggered_only
from arena.scenario.defence import Defence
from arena.scenario.dose import Dose
from arena.scenario.schema import Scenario
from arena.stages.along import Along, DoseRule, Which, marks_of
from arena.stages.dose import DoseJob
from arena.store.code import code_of


def doses_of(scenario: Scenario, defence: Defence) -> Dose | None:
    """Return the doses at which a defence is judged; None where it is judged as it ends: no trigger
    is disclosed to it, it takes no step, or the scenario asks for one dose."""
    steps = defence.steps_within(scenario.training_passes)
    judged = defence is scenario.defender and defence.intelligence == "disclosed"
    return scenario.dose if judged and steps > 0 else None


def along(builder: Builder, dose: Dose, config: TrainConfig, own: str | None) -> Along:
    """Return what a run is asked along its way; own: whose trigger it removes."""
    return Along(
        marks=marks_of(config, dose.points, dose.first),
        validation=builder.once("validation", lambda: _validation(builder, dose)),
        shown=builder.once("shown", lambda: first_triggered(builder.probes, dose.prompts)),
        rule=_rule(builder.scenario, dose),
        code=code_of(Along),
        own=own,
    )


@dataclass(frozen=True)
class Runs:
    """A run and those that its doses are read off: the removal that it belongs to, and the clean
    fine-tune (None: there is none, so no `most`)."""

    run: str
    removal: str
    control: str | None


def taken(
    builder: Builder,
    dose: Dose,
    row: tuple[RowKind, str, str | None],
    runs: Runs,
    own: str | None,
    detail: Mapping[str, str] | None = None,
    which: tuple[Which, ...] = get_args(Which),
) -> None:
    """Add the rows of a run at the doses of the verdicts.

    Args:
        row: kind, name and target; the dose is added to the name.
        own: whose removal `least` is read off.
    """
    kind, name, target = row
    if all(curve.run != runs.run for curve in builder.curves):
        builder.curves.append(CurvePlan(kind, name, target, runs.run))
    for each in which:
        if each == "most" and runs.control is None:
            continue
        label = f"{name}@{each}"
        if any(known.name == label for known in builder.rows):
            continue
        model = _at(builder, dose, each, label, runs, own)
        builder.row(kind, label, target, model, detail, each)


def _at(builder: Builder, dose: Dose, which: Which, name: str, runs: Runs, own: str | None) -> str:
    job = DoseJob(which, own if which == "least" else None, _rule(builder.scenario, dose))
    reads = {"removal": runs.removal} if which == "least" else {"control": runs.control or ""}
    return builder.add(job, f"take {name}", "arena", {"run": runs.run, **reads})


def _rule(scenario: Scenario, dose: Dose) -> DoseRule:
    return DoseRule(dose.removed, dose.kept, dose.lost, scenario.thresholds.installed_asr)


def _validation(builder: Builder, dose: Dose) -> ProbeSet:
    limit = builder.scenario.evaluation.max_new_tokens
    made = probe_set(builder.corpus, builder.actors, "validation", dose.prompts, limit)
    return triggered_only(made)
