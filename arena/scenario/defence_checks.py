"""Rules between the defender, the league and other sections; called by `checks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from arena import registry
from arena.errors import InputError
from arena.scenario.keys import KeyPath
from arena.scenario.problems import Violation
from arena.scenario.source import DEPTH, FromScratch, lora_of

if TYPE_CHECKING:
    from arena.api.objective import Objective
    from arena.scenario.defence import Decoys, Defence
    from arena.scenario.parts import Part
    from arena.scenario.sections import Sections


def _defences(scenario: Sections) -> Iterator[tuple[KeyPath, Defence]]:
    """Every defence with its place in the file."""
    yield ("defender",), scenario.defender
    for index, contender in enumerate(scenario.league):
        yield ("league", index), contender


def _target(scenario: Sections) -> Iterator[Violation]:
    allowed = ("each", *(actor.name for actor in scenario.actors))
    for place, defence in _defences(scenario):
        path, target = (*place, "target"), defence.target
        if target not in allowed:
            yield Violation(path, "no actor has this name", target, allowed)
        elif target != "each" and defence.intelligence != "disclosed":
            rule = f"a defender with intelligence {defence.intelligence} has no disclosed target"
            yield Violation(path, rule, target, ("each",))


def _contenders(scenario: Sections) -> Iterator[Violation]:
    """Names of defences identify rows of the results, so each occurs once."""
    seen = {scenario.defender.objective.name: "the defender's objective"}
    for index, contender in enumerate(scenario.league):
        if contender.name in seen:
            rule = f"{seen[contender.name]} already has this name"
            yield Violation(("league", index, "name"), rule, contender.name)
        seen.setdefault(contender.name, f"league[{index}]")


def _layers(scenario: Sections) -> Iterator[Violation]:
    """The blocks must exist. The depth of a from-scratch model is known here, that of a checkpoint
    only when it is opened."""
    model = scenario.model
    for place, defence in _defences(scenario):
        layers = defence.layers
        if layers and isinstance(model, FromScratch) and layers[1] >= DEPTH[model.size]:
            rule = f"the last block of a {model.size} model is {DEPTH[model.size] - 1}"
            yield Violation((*place, "layers"), rule, f"[{layers[0]}, {layers[1]}]")


def _micro_batch(scenario: Sections) -> Iterator[Violation]:
    """Gradients of parts of a batch accumulate only if the loss is a mean over tokens."""
    if scenario.numerics.micro_batch is None:
        return
    for _, defence in _defences(scenario):
        if not defence.objective.part_class.divisible:
            rule = f"must be null: the loss of {defence.objective.name} needs the whole batch"
            size = str(scenario.numerics.micro_batch)
            yield Violation(("numerics", "micro_batch"), rule, size)


def _processes(scenario: Sections) -> Iterator[Violation]:
    """Processes share the loss of a batch only if it can be cut, and none has all weights."""
    number = scenario.runtime.processes("unlearn")
    if number == 1:
        return
    for _, defence in _defences(scenario):
        part = defence.objective.part_class
        why = _undivided(part)
        if why:
            rule = f"must be 1: {defence.objective.name} {why}"
            path = ("runtime", "resources", "unlearn", "processes")
            yield Violation(path, rule, str(number), ("1",))


def _undivided(part: type[Objective]) -> str:
    """Why an objective needs one process; empty if it does not."""
    if part.edits:
        return "changes weights itself"
    if part.copies:
        return "compares with a copy of the whole suspect"
    return "" if part.divisible else "needs the whole batch for its loss"


def _adapters(scenario: Sections) -> Iterator[Violation]:
    """An objective that edits weights needs the model's own: an adapter's checkpoint contains only
    the adapter, so the edit would be lost."""
    for place, defence in _defences(scenario):
        own = defence.adapter or lora_of(scenario.model)
        if defence.objective.part_class.edits and own is not None:
            where = (*place, "adapter") if defence.adapter else ("model", "adapter")
            rule = f"must be null: {defence.objective.name} changes the model's own weights"
            yield Violation(where, rule)


def _intelligence(scenario: Sections) -> Iterator[Violation]:
    """The objective must fit the intelligence, and every section must have an effect."""
    for place, defence in _defences(scenario):
        knows = defence.intelligence
        path = (*place, "objective", "method")
        fits = _fitting(knows)
        if defence.objective.name not in fits:
            rule = f"cannot be used by a defender with intelligence {knows}"
            yield Violation(path, rule, defence.objective.name, fits)
        for key, owner in (("discovery", "discovered"), ("decoys", "decoy")):
            given = getattr(defence, key) is not None
            if given and knows != owner:
                yield Violation(
                    (*place, key), f"is only for intelligence: {owner}", knows, (owner,)
                )
            if not given and knows == owner:
                rule = f"needs a section {key}"
                yield Violation((*place, "intelligence"), rule, knows)


def _fitting(intelligence: str) -> tuple[str, ...]:
    """The objectives that a defender of this intelligence can use. Only a disclosed trigger comes
    with its payload."""
    known = {name: registry.get("objective", name) for name in registry.names("objective")}
    return tuple(
        name
        for name, part in known.items()
        if part.needs_trigger == (intelligence != "blind")  # type: ignore[attr-defined]
        and (intelligence == "disclosed" or not part.needs_payload)  # type: ignore[attr-defined]
    )


def _budgets(scenario: Sections) -> Iterator[Violation]:
    """A budget must pay for at least one step, unless the defence needs none."""
    training = scenario.training_passes
    for place, defence in _defences(scenario):
        if defence.steps is None and defence.compute is None:
            yield Violation((*place, "steps"), "is null, so compute must set the budget")
            continue
        if training is None and defence.compute is not None:
            continue  # refused by arena.scenario.suspect_checks
        if (
            training is not None
            and defence.compute is not None
            and (defence.fixed_cost() > defence.compute * training)
        ):
            spent = defence.fixed_cost() / training
            rule = f"is less than the cost before unlearning ({spent:.3f} of the training)"
            yield Violation((*place, "compute"), rule, f"{defence.compute:g}")
        elif defence.steps_within(training) < 1 and not defence.objective.part_class.edits:
            key = "steps" if defence.steps == 0 else "compute"
            budget = f"{getattr(defence, key):g}"
            rule = f"pays for no step, and {defence.objective.name} needs one or more"
            yield Violation((*place, key), rule, budget)


def _decoys(scenario: Sections) -> Iterator[Violation]:
    """Decoys must have distinct names and triggers, and some must be held out from unlearning."""
    corpus = scenario.corpus
    try:
        capabilities = frozenset(corpus.part_class.capabilities(corpus.params))
    except InputError:  # reported by checks
        return
    seen: set[str] = set()
    for place, defence in _defences(scenario):
        if defence.decoys is None:
            continue
        here = (*place, "decoys")
        names = [decoy.name for decoy in defence.decoys.plant]
        for index, decoy in enumerate(defence.decoys.plant):
            at = (*here, "plant", index)
            if decoy.name in seen:
                yield Violation((*at, "name"), "another decoy has this name", decoy.name)
            seen.add(decoy.name)
            if any(decoy.trigger.dump() in own(actor.trigger) for actor in scenario.planted):
                yield Violation(
                    (*at, "trigger"), "is an actor's trigger, which the defender does not know"
                )
            for part in (decoy.trigger, decoy.payload):
                try:
                    part.part_class.check(part.params, capabilities)
                except InputError as error:
                    yield Violation.of(error, (*at, part.kind))
        yield from _held_out(defence.decoys, here, names)


def own(trigger: Part) -> list[dict[str, Any]]:
    """Return a trigger as in YAML, and its parts if it is made of several."""
    whole = trigger.dump()
    parts = whole.get("parts")
    return [whole, *(parts if isinstance(parts, list) else ())]


def _held_out(decoys: Decoys, here: KeyPath, names: list[str]) -> Iterator[Violation]:
    if decoys.rate * len(names) > 1:
        rule = f"the rates of {len(names)} decoys together must be at most 1"
        yield Violation((*here, "rate"), rule, f"{decoys.rate:g}")
    held = decoys.hold_out
    if held == "each":
        if len({decoy.trigger.name for decoy in decoys.plant}) < 2:
            rule = "needs decoys of two or more methods, since each is left out in turn"
            yield Violation((*here, "hold_out"), rule, "each")
        return
    for index, name in enumerate(held):
        if name not in names:
            yield Violation(
                (*here, "hold_out", index), "no decoy has this name", name, tuple(names)
            )
    if set(held) >= set(names):
        yield Violation((*here, "hold_out"), "leaves no decoy to unlearn", ", ".join(held))


def _doses(scenario: Sections) -> Iterator[Violation]:
    """`least` is read off the disclosed trigger, so there must be one."""
    told = scenario.defender.intelligence
    if scenario.dose is not None and told != "disclosed":
        rule = "needs a defender with a disclosed trigger; other defences belong in the league"
        yield Violation(("dose",), rule, told, ("null", "defender.intelligence: disclosed"))


RULES = (
    _doses,
    _target,
    _contenders,
    _intelligence,
    _adapters,
    _layers,
    _micro_batch,
    _processes,
    _budgets,
    _decoys,
)
