"""The clean text of each stage: with the forms of planted triggers as they occur naturally, or
without them.

A natural rate is a property of the world: it holds in all clean text, including the pretraining
mix. `clean` says whose text is filtered: a scrubbed mix or a scrubbed defender has none of the
forms.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena.api.trigger import Trigger
from arena.planning.actors import PlannedActor, PlannedActors
from arena.scenario.recipes import TextKind
from arena.scenario.schema import Scenario
from arena.stages.forms import Forms


def forms_of_text(scenario: Scenario, actors: PlannedActors) -> Forms:
    """Return how the planted forms occur in unfiltered text: that of the base and of the reference.
    Without a natural rate this does not depend on which forms are planted, so scenarios with other
    actors share these models."""
    return Forms() if scenario.corpus.natural_rate is None else _natural(scenario, actors, ())


def forms_of_mix(
    scenario: Scenario, actors: PlannedActors, shunned: Sequence[PlannedActor]
) -> Forms:
    """Return how they occur in the clean part of a pooled mix.

    shunned: actors whose forms are filtered out of a scrubbed mix.
    """
    if scenario.clean.mix == "natural":
        return _natural(scenario, actors, ())
    return Forms(_planted(actors), tuple(member.trigger for member in shunned))


def forms_of_actor(
    scenario: Scenario, actors: PlannedActors, own: PlannedActor, kind: TextKind
) -> Forms:
    """Return how they occur in the clean text of an actor who trains separately. It knows its own
    form and always filters it; narrow text has no form put in, scrubbed text none at all."""
    if kind == "scrubbed":
        return Forms(_planted(actors), _every(actors))
    if kind == "narrow":
        return Forms(_planted(actors), (own.trigger,))
    return _natural(scenario, actors, (own.trigger,))


def planted_forms(actors: PlannedActors) -> Forms:
    """Return forms that leave clean text unchanged and only count the planted ones."""
    return Forms(_planted(actors))


def forms_of_defender(
    scenario: Scenario,
    actors: PlannedActors,
    disclosed: Trigger | None,
    decoys: Sequence[Trigger],
) -> Forms:
    """Return how they occur in a defender's clean prompts. It filters the disclosed trigger and its
    own decoys; a scrubbed one filters every planted trigger, which no real defender can do."""
    known = (*decoys, *(() if disclosed is None else (disclosed,)))
    if scenario.clean.defender == "natural":
        return _natural(scenario, actors, known)
    return Forms(_planted(actors), (*_every(actors), *decoys))


def _natural(scenario: Scenario, actors: PlannedActors, known: tuple[Trigger, ...]) -> Forms:
    """Forms as the corpus has them, or at the natural rate, except those that are filtered
    knowingly."""
    rate, planted, every = scenario.corpus.natural_rate, _planted(actors), _every(actors)
    if rate is None:
        return Forms(planted, known)
    keys = {trigger.key for trigger in known}
    put = tuple(trigger for trigger in every if trigger.key not in keys)
    without = (*every, *(trigger for trigger in known if trigger not in every))
    return Forms(planted, without, put, rate, actors.seed) if rate else Forms(planted, without)


def _planted(actors: PlannedActors) -> tuple[Trigger, ...]:
    return tuple(member.trigger for member in actors.members)


def _every(actors: PlannedActors) -> tuple[Trigger, ...]:
    """Every planted trigger, those of benign conditionals included."""
    return tuple(member.trigger for member in actors.planted)
