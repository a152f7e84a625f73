"""Rules about the section `crossed`: every combination that a seed may draw must be possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena.api.trigger import Trigger
from arena.errors import InputError
from arena.scenario.crossed import instances_of
from arena.scenario.problems import Violation

if TYPE_CHECKING:
    from arena.scenario.sections import Sections


def _shared(scenario: Sections) -> Iterator[Violation]:
    if scenario.crossed.shared and not scenario.crossed.payloads:
        rule = "says which payload all actors have in a seed, so it needs crossed.payloads"
        yield Violation(("crossed", "shared"), rule, "true", ("false",))


def _order(scenario: Sections) -> Iterator[Violation]:
    if scenario.crossed.order and scenario.composition != "sequential":
        rule = "draws the order of actors who train one after another (composition sequential)"
        yield Violation(("crossed", "order"), rule, "true", ("false",))


def _searches(scenario: Sections) -> Iterator[Violation]:
    """A search changes one actor's own trigger and payload, so these must not be redrawn."""
    for name, search in (("tune", scenario.tune), ("duel", scenario.duel)):
        if search is None:
            continue
        for key in ("payloads", "instances"):
            if getattr(scenario.crossed, key):
                rule = f"{name} searches one actor's own trigger and payload: do not redraw them"
                yield Violation(("crossed", key), rule, "true", ("false",))


def _payloads(scenario: Sections) -> Iterator[Violation]:
    """The rows of a published data set come with their payload, so it cannot be exchanged."""
    if not scenario.crossed.payloads:
        return
    for index, actor in enumerate(scenario.actors):
        if actor.trigger.part_class.own_documents is not Trigger.own_documents:
            rule = "its rows come with their payload, so it gets no other (crossed.payloads)"
            yield Violation(("actors", index, "trigger", "method"), rule, actor.trigger.name)


def _instances(scenario: Sections) -> Iterator[Violation]:
    """Every actor must have another instance, all must fit the corpus, and every seed needs
    enough."""
    if not scenario.crossed.instances:
        return
    try:
        capabilities = scenario.capabilities
    except InputError:
        return  # reported by another rule
    problems = []
    for index, actor in enumerate(scenario.actors):
        place = ("actors", index, "trigger")
        own, *others = instances_of(actor.trigger, capabilities)
        if not others:
            rule = "has no other instance to draw (crossed.instances)"
            problems.append(Violation((*place, "method"), rule, own.name))
        for other in others:
            try:
                other.part_class.check(other.params, capabilities)
            except InputError as error:
                problems.append(Violation.of(error, place))
                break
    yield from problems or _draws(scenario)


def _draws(scenario: Sections) -> Iterator[Violation]:
    for seed in scenario.seeds:
        try:
            scenario.actors_in(seed)
        except InputError as error:
            yield Violation.of(error, ())
            return


RULES = (_shared, _order, _searches, _payloads, _instances)
