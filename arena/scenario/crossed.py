"""Payloads and trigger instances redrawn over the actors per seed, so that a method is not
confounded with its payload, nor with one token or style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena import seeds
from arena.api.lookalikes import names_taken
from arena.api.trigger import Trigger
from arena.api.world import World
from arena.errors import InputError
from arena.scenario.actor import Actor
from arena.scenario.parts import Part
from arena.scenario.section import Section
from arena.scenario.square import row


class Crossed(Section):
    """What is redrawn among the actors in each seed (estimands.md, Method and payload).

    payloads: which actor has which payload, by a Latin square. instances: every trigger is replaced
    by another one of its method: another token, sentence, frame, style or topic. shared: with
    `payloads`, all actors share one payload, a different one of theirs in each seed. order: the
    order in which actors train (`sequential`).
    """

    payloads: bool = False
    instances: bool = False
    shared: bool = False
    order: bool = False


def drawn(
    actors: Sequence[Actor],
    crossed: Crossed,
    seed: int,
    capabilities: frozenset[str],
    kept: Sequence[Part] = (),
) -> tuple[Actor, ...]:
    """Return the actors with the payloads and triggers that they have in one seed.

    Args:
        capabilities: of the corpus.
        kept: triggers of others (decoys), which no actor may get.

    Raises:
        InputError: all instances of a method are taken; the key names the actor's trigger.
    """
    payloads = [actor.payload for actor in actors]
    if crossed.payloads:
        order = row(len(actors), seed)
        chosen = [order[0]] * len(actors) if crossed.shared else order
        payloads = [payloads[at] for at in chosen]
    triggers = [actor.trigger for actor in actors]
    if crossed.instances:
        triggers = list(_instances(actors, seed, capabilities, kept))
    changes = zip(actors, triggers, payloads, strict=True)
    return tuple(a.model_copy(update={"trigger": t, "payload": p}) for a, t, p in changes)


def _instances(
    actors: Sequence[Actor], seed: int, capabilities: frozenset[str], kept: Sequence[Part]
) -> Iterator[Part]:
    taken = frozenset[str]().union(*(_built(part).keys for part in kept))
    for index, actor in enumerate(actors):
        others = instances_of(actor.trigger, capabilities)
        free = [part for part in others if not _shared(_built(part), taken)]
        if not free:
            rule = f"all {len(others)} instances of this method are taken in seed {seed}"
            raise InputError(rule, key=f"actors[{index}].trigger", found=actor.trigger.name)
        chosen = free[int(seeds.rng(seed, "instance", actor.name).integers(len(free)))]
        taken |= _built(chosen).keys
        yield chosen


def instances_of(part: Part, capabilities: frozenset[str]) -> tuple[Part, ...]:
    """Return a trigger's or a payload's section with the parameters of every instance."""
    every = part.part_class.instances(part.params, capabilities)
    return tuple(Part(part.kind, part.name, params) for params in every)


def _built(part: Part) -> Trigger:
    """The trigger, built only for its keys."""
    trigger: Trigger = part.part_class(part.params, World())
    return trigger


def _shared(trigger: Trigger, taken: frozenset[str]) -> bool:
    """Whether a trigger of these keys marks alike, whatever its position."""
    names = (names_taken(trigger.name, keys) for keys in (trigger.keys, taken))
    return bool(trigger.keys & taken) or not frozenset.isdisjoint(*names)
