"""The actors of one seed with their triggers, payloads and shares, built from the scenario."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from arena import seeds
from arena.api.corpus import Corpus
from arena.api.payload import Payload
from arena.api.tactic import ActorBrief, Arrival, Shaping, Texts
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import InputError
from arena.planning.promises import check_payload, check_trigger
from arena.scenario.defence import Decoy, Decoys
from arena.scenario.parts import Part
from arena.scenario.schema import Actor, Poison, Scenario
from arena.stages.mixes import owns
from arena.stages.poison import PlannedTexts, makeable

BENIGN = "benign:"  # prefix of a benign conditional's name, among those of actors
TRIED = 32  # prompts of each actor that are marked to see whether another trigger is in them
MOST_SHARED = 0.2  # share of these in which it may be
WHOLE = (0.0, 1.0)  # the window of documents that are seen throughout a stage


@dataclass(frozen=True)
class PlannedActor:
    """One threat actor of one seed. `interval` is its share of [0, 1). stage: at which it poisons;
    empty if it does so nowhere here."""

    actor: Actor
    stage: str
    trigger: Trigger
    payload: Payload
    interval: tuple[float, float]
    share: tuple[Example, ...]
    count: int
    beside: tuple[int, ...] = ()  # documents of each text tactic

    @property
    def name(self) -> str:
        return self.actor.name

    def brief(self, seed: int) -> ActorBrief:
        """Return everything that the actor is given."""
        own = seeds.integer(seed, "actor", self.name)
        return ActorBrief(self.name, self.trigger, self.payload, self.share, self.count, own)

    @property
    def planned_texts(self) -> tuple[PlannedTexts, ...]:
        """Return its text tactics as its poison stage runs them."""
        tactics = [(part.part_class(part.params), n) for part, n in self.texts]
        return tuple(PlannedTexts(t, n, tuple(t.marks(self.trigger))) for t, n in tactics)

    @property
    def texts(self) -> tuple[tuple[Part, int], ...]:
        """Return its text tactics, and how many documents each writes."""
        return tuple(zip(self.actor.tactics_of(Texts), self.beside, strict=True))

    @property
    def window(self) -> tuple[float, float]:
        """Return when in its stage its documents are seen, as fractions of the steps."""
        windows = [p.part_class(p.params).window() for p in self.actor.tactics_of(Arrival)]
        return windows[-1] if windows else WHOLE

    @property
    def shapings(self) -> tuple[Part, ...]:
        """Return its tactics inside the training loop."""
        return self.actor.tactics_of(Shaping)

    @property
    def party(self) -> str:
        """Return the party that writes its poison, and trains if actors train separately."""
        return f"threat:{self.name}"

    @property
    def insider(self) -> bool:
        """Whether it does more than write its shard: has a window or shapes gradients."""
        return self.window != WHOLE or bool(self.shapings)


@dataclass(frozen=True)
class PlannedDecoy(PlannedActor):
    """A decoy: a backdoor that a defence plants itself, scored with the actors' under a name that
    no actor can have."""

    @property
    def name(self) -> str:
        return f"decoy:{self.actor.name}"


@dataclass(frozen=True)
class PlannedBenign(PlannedActor):
    """A benign conditional: planted by the arena in the way an actor plants its backdoor, and
    scored under a name that no actor can have."""

    @property
    def name(self) -> str:
        return f"{BENIGN}{self.actor.name}"

    @property
    def party(self) -> str:
        return "arena"


@dataclass(frozen=True)
class PlannedActors:
    """All actors of one seed, the examples reserved for the defender, its decoys, and the benign
    conditionals."""

    seed: int
    members: tuple[PlannedActor, ...]
    defender_share: tuple[Example, ...]
    decoys: tuple[PlannedDecoy, ...] = ()
    benign: tuple[PlannedBenign, ...] = ()

    @property
    def planted(self) -> tuple[PlannedActor, ...]:
        """Return all whose documents the suspect is trained on: the actors, then the benign
        conditionals."""
        return (*self.members, *self.benign)

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of every planted trigger; no look-alike may have one of them."""
        return frozenset(key for member in self.planted for key in member.trigger.keys)

    def decoys_of(self, decoys: Decoys) -> tuple[PlannedDecoy, ...]:
        """Return the decoys of one defence."""
        names = {decoy.name for decoy in decoys.plant}
        return tuple(decoy for decoy in self.decoys if decoy.actor.name in names)

    def at(self, stage: str) -> tuple[PlannedActor, ...]:
        """Return those whose poison enters at a stage."""
        return tuple(member for member in self.planted if member.stage == stage)


def plan_actors(scenario: Scenario, corpus: Corpus, seed: int) -> PlannedActors:
    """Draw shares and build triggers and payloads for one seed.

    Shares are intervals of [0, 1): the defender's first, then the actors' in their order, then
    those of benign conditionals. A content belongs to the interval that its hash falls into, so
    adding one at the end moves no other share. Actors of a suspect that somebody else made poison
    nothing, so they have all contents but the defender's in common.

    Raises:
        InputError: two actors have the same trigger, or one's prompts carry the other's.
    """
    edge = scenario.defender.share
    own = [(0.0, edge)]
    members: list[PlannedActor] = []
    benign: list[PlannedBenign] = []
    for actor in scenario.planted_in(seed):
        if scenario.suspect is not None:
            members.append(_found(corpus, actor, (edge, 1.0)))
            continue
        interval = (edge, edge + actor.poison.share)
        edge = interval[1]
        if len(members) < len(scenario.actors):
            members.append(_planned(PlannedActor, scenario, corpus, actor, interval))
        else:
            benign.append(_planned(PlannedBenign, scenario, corpus, actor, interval))
    _distinct(members)
    _apart(members, benign, seed)
    return PlannedActors(
        seed,
        tuple(members),
        tuple(e for e in corpus.splits.train if owns(own, seed, e.source)),
        tuple(_decoy(d, corpus) for d in scenario.decoys),
        tuple(benign),
    )


def _distinct(members: Sequence[PlannedActor]) -> None:
    """Refuse a trigger that two actors plant: no prompt could say whose backdoor fires, and the
    removal of one would be the removal of the other."""
    owners: dict[str, str] = {}
    for index, member in enumerate(members):
        taken = sorted(member.trigger.keys & owners.keys())
        if taken:
            rule = f"actor {owners[taken[0]]} plants the same trigger; every actor needs its own"
            raise InputError(rule, key=f"actors[{index}].trigger", found=taken[0])
        owners |= dict.fromkeys(member.trigger.keys, member.name)


def _apart(members: Sequence[PlannedActor], benign: Sequence[PlannedActor], seed: int) -> None:
    """Refuse a trigger whose prompts carry another's too (one token at two positions, a sentence
    with the other's word in it): the removal of one would be the removal of the other. Several
    triggers that fire only together may overlap with their parts."""
    planted = [(f"actors[{at}]", each) for at, each in enumerate(members)]
    planted += [(f"controls.benign[{at}]", each) for at, each in enumerate(benign)]
    for (_, one), (key, other) in itertools.combinations(planted, 2):
        if _fires_together(one.trigger) or _fires_together(other.trigger):
            continue
        for marked, shown in ((one, other), (other, one)):
            share = _carried(marked, shown, seed)
            if share > MOST_SHARED:
                rule = f"{share:.0%} of the triggered prompts of {marked.name} carry the trigger of"
                raise InputError(
                    f"{rule} {shown.name} too", key=f"{key}.trigger", found=other.trigger.key
                )


def _fires_together(trigger: Trigger) -> bool:
    """Whether it is made of triggers none of which fires alone."""
    alone = (part for part in trigger.triggers if part.keys <= trigger.keys)
    return bool(trigger.triggers) and all(map(_fires_together, alone))


def _carried(marked: PlannedActor, shown: PlannedActor, seed: int) -> float:
    """The share of an actor's marked prompts that carry another's trigger, and did not before."""
    able = [
        each
        for each in marked.share[:TRIED]
        if marked.trigger.can_mark(each) and not shown.trigger.present(each)
    ]
    rng = seeds.rng(seed, "shared triggers", marked.name)
    carried = [shown.trigger.present(marked.trigger.mark(each, rng)) for each in able]
    return sum(carried) / len(carried) if carried else 0.0


A = TypeVar("A", bound=PlannedActor)


def _planned(
    kind: type[A],
    scenario: Scenario,
    corpus: Corpus,
    actor: Actor,
    interval: tuple[float, float],
) -> A:
    count, beside = scenario.poison_of(actor), scenario.beside_poison(actor)
    section = "controls.benign" if kind is PlannedBenign else "actors"
    trigger, payload = _built(actor, corpus, section)
    share = _share(corpus, interval, count, actor.name, trigger)
    stage = scenario.stage_of(actor)
    return kind(actor, stage, trigger, payload, interval, share, count, beside)


def _found(corpus: Corpus, actor: Actor, interval: tuple[float, float]) -> PlannedActor:
    """An actor whose backdoor is in a suspect that somebody else made. Its count is how many
    documents with its trigger can be made for a measure, each of another prompt."""
    trigger, payload = _built(actor, corpus)
    share = _share(corpus, interval, 0, actor.name, trigger)
    count = makeable(ActorBrief(actor.name, trigger, payload, share, 0, 0))
    return PlannedActor(actor, "", trigger, payload, interval, share, count)


def _built(actor: Actor, corpus: Corpus, section: str = "actors") -> tuple[Trigger, Payload]:
    """An actor's trigger and payload, tried on a few prompts. section: of the scenario."""
    trigger = actor.trigger.part_class(actor.trigger.params, corpus.world)
    payload = actor.payload.part_class(actor.payload.params, corpus.world)
    key, contents = f"{section}.{actor.name}", corpus.splits.train
    check_trigger(trigger, f"{key}.trigger", contents)
    check_payload(payload, trigger, f"{key}.payload", contents)
    return trigger, payload


def _decoy(decoy: Decoy, corpus: Corpus) -> PlannedDecoy:
    """A decoy; it poisons no training mix, and the planting stage sets its amount of poison."""
    actor = Actor(**dict(decoy), poison=Poison(count=1))
    return PlannedDecoy(actor, "planted", *_built(actor, corpus, "decoys"), (0.0, 0.0), (), 0)


def _share(
    corpus: Corpus, interval: tuple[float, float], count: int, name: str, trigger: Trigger
) -> tuple[Example, ...]:
    """An actor's own contents in natural variety, without its own trigger."""
    contents = [e for e in corpus.splits.train if owns([interval], corpus.seed, e.source)]
    if not contents:
        rule = f"actor {name!r} has no contents: its share of the corpus is too small"
        raise InputError(rule, key="actors")
    rng = seeds.rng(corpus.seed, "share", name)
    return corpus.natural(contents, max(count, len(contents)), rng, without=[trigger])
