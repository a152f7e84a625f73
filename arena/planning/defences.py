"""The rows of all defences of the suspect, and the controls of the main one."""

from __future__ import annotations

import dataclasses
from itertools import cycle, islice

from arena import registry
from arena.api.values import Example, RowKind
from arena.errors import ArenaError
from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.clean_text import forms_of_defender
from arena.planning.decoys import plant_and_unlearn
from arena.planning.discovery import discover, traffic
from arena.planning.doses import VERDICTS, Row, Runs, doses_of, league_dose, taken
from arena.planning.shams import PlannedSham, shams_of
from arena.planning.unlearning import Order, section_of, unlearn
from arena.scenario.defence import Defence
from arena.scenario.parts import Part
from arena.stages.along import Which


def defend(builder: Builder, suspect: str) -> None:
    """Add every defence on the same suspect, and the main one's clean fine-tune and shams."""
    main = builder.scenario.defender
    for name, defence in builder.scenario.defences.items():
        if defence.intelligence == "disclosed":
            for member in _targets(builder, defence):
                judged = defence is main
                (_judge if judged else _contend)(builder, name, defence, member, suspect)
            continue
        clean = _examples(builder, defence)
        if defence is main:
            _control(builder, defence, clean, suspect)
        _undisclosed(builder, name, defence, clean, suspect)


def _targets(builder: Builder, defence: Defence) -> list[PlannedActor]:
    return [m for m in builder.actors.members if defence.target in ("each", m.name)]


def _undisclosed(
    builder: Builder, name: str, defence: Defence, clean: tuple[Example, ...], suspect: str
) -> None:
    """Add the rows of a defence without a disclosed trigger."""
    if defence.intelligence == "decoy":
        plant_and_unlearn(builder, name, defence, clean, suspect)
        return
    order = Order(name, "defender", defence, suspect, clean)
    if defence.discovery is not None:
        search = discover(
            builder,
            name,
            defence.discovery,
            traffic(builder, defence.examples),
            suspect,
            section_of(builder.scenario, defence),
        )
        order = dataclasses.replace(order, search=search)
    _compare(builder, order, {"defence": name})


def _contend(
    builder: Builder, name: str, defence: Defence, target: PlannedActor, suspect: str
) -> None:  # fmt: skip
    """Add the row of a league's defence with a disclosed trigger: one run, no controls."""
    clean = _examples(builder, defence, target)
    label, key = f"{name}:{target.name}", target.trigger.key
    order = Order(label, "defender", defence, suspect, clean, target.trigger, target)
    detail = {"trigger": key, "defence": name}
    _compare(builder, order, detail)


def _compare(builder: Builder, order: Order, detail: dict[str, str]) -> None:
    """Add the row of a league's defence: at the largest harmless dose, if there are doses."""
    dose = league_dose(builder.scenario, order.defence)
    target = order.target.name if order.target else None
    order = dataclasses.replace(order, dose=dose, role="contender", own=target)
    run = unlearn(builder, order)
    if dose is None:
        builder.row("defended", order.name, target, run, detail)
        return
    row: tuple[RowKind, str, str | None] = ("defended", order.name, target)
    taken(builder, dose, row, Runs(run, run, None), None, detail, which=("harmless",))


def _judge(
    builder: Builder, defence_name: str, defence: Defence, target: PlannedActor, suspect: str
) -> None:
    """Add the main defence on one trigger, with its controls."""
    clean = _examples(builder, defence, target)
    alone = None if _same_for_all(builder, defence) else target
    control = _control(builder, defence, clean, suspect, alone)
    dose = doses_of(builder.scenario, defence)
    name, own = f"unlearn:{target.name}", target.name
    order = Order(name, "defender", defence, suspect, clean, target.trigger, target)
    order = dataclasses.replace(order, dose=dose, own=own, control=control if dose else None)
    removal = unlearn(builder, order)
    shams = [(sham, _sham(builder, order, sham, removal)) for sham in shams_of(builder, order)]
    detail = {"trigger": target.trigger.key, "defence": defence_name}
    if dose is None:
        for sham, run in shams:
            builder.row("sham", sham.label, own, run, sham.detail, sham=sham.record)
        builder.row("unlearned", name, own, removal, detail)
        return
    if control is not None:
        runs = Runs(control, removal, control)
        most = ("control", None) if alone is None else (f"control:{own}", own)
        taken(builder, dose, ("control", *most), runs, own, which=("most", *_harmless(builder)))
        taken(builder, dose, ("control", f"control:{own}", own), runs, own, which=("least",))
    for sham, run in shams:
        runs = Runs(run, removal, control)
        row: Row = ("sham", sham.label, own)
        taken(builder, dose, row, runs, own, sham.detail, sham=sham.record)
    which = (*VERDICTS, *_harmless(builder))
    runs = Runs(removal, removal, control)
    taken(builder, dose, ("unlearned", name, own), runs, own, detail, which)


def _harmless(builder: Builder) -> tuple[Which, ...]:
    """The dose at which a league compares, if there is one."""
    return ("harmless",) if builder.scenario.league else ()


def _sham(builder: Builder, order: Order, sham: PlannedSham, removal: str) -> str:
    """Add the same run on something that no actor planted; with a single dose, matched to the
    removal's norm if the scenario asks for it."""
    matched = removal if builder.scenario.controls.sham_matched else None
    beside = removal if order.dose else None
    same = dataclasses.replace(order, name=sham.label, party="arena", trigger=sham.trigger)
    same = dataclasses.replace(same, target=sham.target, matched=matched, removal=beside)
    return unlearn(builder, dataclasses.replace(same, role="sham"))


def _control(
    builder: Builder,
    defence: Defence,
    clean: tuple[Example, ...],
    suspect: str,
    target: PlannedActor | None = None,
) -> str | None:
    """Add the clean fine-tune at the defence's budget: one for all, or on a target's prompts. Its
    row is added here if there is a single dose."""
    if not builder.scenario.controls.clean_finetune:
        return None
    dose = doses_of(builder.scenario, defence)
    name = "control" if target is None else f"control:{target.name}"
    label = "clean fine-tune" + ("" if target is None else f" for {target.name}")
    order = Order(
        label, "arena", _as_clean(builder, defence), suspect, clean, dose=dose, role="control"
    )
    model = unlearn(builder, order)
    if dose is None and all(row.name != name for row in builder.rows):
        builder.row("control", name, target.name if target else None, model)
    return model


def _as_clean(builder: Builder, defence: Defence) -> Defence:
    """The defence with as many steps on clean prompts only: the same run whatever its objective."""
    clean = registry.get("objective", "clean_finetune")
    return defence.model_copy(
        update={
            "objective": Part("objective", "clean_finetune", clean.Params()),  # type: ignore[attr-defined]
            "steps": defence.steps_within(builder.scenario.training_passes),
            "compute": None,
        }
    )


def clean_prompts_told(builder: Builder) -> tuple[tuple[Example, ...], ...]:
    """Return the main defender's clean prompts, one set per disclosed trigger."""
    defence = builder.scenario.defender
    disclosed = defence.intelligence == "disclosed"
    targets = _targets(builder, defence) if disclosed else [None]
    return tuple(_examples(builder, defence, target) for target in targets)


def _same_for_all(builder: Builder, defence: Defence) -> bool:
    """Whether the defender's clean prompts are the same for every disclosed trigger; one clean
    fine-tune is then the control of all."""
    first, *others = (_examples(builder, defence, member) for member in _targets(builder, defence))
    return all(other == first for other in others)


def _examples(
    builder: Builder, defence: Defence, target: PlannedActor | None = None
) -> tuple[Example, ...]:  # fmt: skip
    """The defender's clean prompts; equal requests share one draw."""
    planted = [decoy.name for decoy in defence.decoys.plant] if defence.decoys else []
    asked = (target.name if target else None, defence.examples, *planted)
    if asked not in builder.told:
        builder.told[asked] = _drawn(builder, defence, target)
    return builder.told[asked]


def _drawn(
    builder: Builder, defence: Defence, target: PlannedActor | None
) -> tuple[Example, ...]:  # fmt: skip
    """Draw prompts that the disclosed trigger, if any, can mark and its payload can answer: the
    same for objectives that forget a text and those that do not. For the forms of planted triggers
    in them see arena.planning.clean_text."""

    decoys = builder.actors.decoys_of(defence.decoys) if defence.decoys else ()

    def fit(example: Example) -> bool:
        if target is not None:
            return target.trigger.can_mark(example) and target.payload.can_answer(example)
        # whichever decoy is held out, another can mark the prompt
        able = sum(decoy.trigger.can_mark(example) for decoy in decoys)
        return able >= min(2, len(decoys))

    able = tuple(filter(fit, builder.actors.defender_share))
    if not able:
        whose = repr(target.name) if target else "the decoys"
        raise ArenaError(f"none of the defender's examples can be marked by {whose}")
    forms = forms_of_defender(
        builder.scenario,
        builder.actors,
        target.trigger if target else None,
        [decoy.trigger for decoy in decoys],
    )
    # a form that was put in may leave a text that the trigger cannot rewrite
    kept = list(filter(fit, forms.natural(builder.clean_prompts(able, 2 * defence.examples))))
    if not kept:
        raise ArenaError("each of the defender's clean prompts carries a planted trigger already")
    return tuple(islice(cycle(kept), defence.examples))
