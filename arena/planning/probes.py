"""The prompts that every model of a seed is scored on.

The probes are one fixed set of prompts per seed, so all rows of a seed are paired. A prompt shared
by several actors (untriggered ones are) is put to each model once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from itertools import cycle

from arena import seeds
from arena.api.corpus import Corpus
from arena.api.probes import Probe, ProbeSet
from arena.api.trigger import Trigger
from arena.api.values import Document, Example
from arena.errors import InputError
from arena.planning.actors import PlannedActor, PlannedActors
from arena.stages.poison import triggered

NEAR_MISSES = 4  # look-alikes per actor; each marks every fourth prompt
DRAWS = 4  # natural prompts drawn per content; the first without a trigger is used


def probe_set(
    corpus: Corpus, actors: PlannedActors, split: str, prompts: int, max_new_tokens: int | None
) -> ProbeSet:
    """Return the probes of a seed over the contents of a split (`test` or `validation`).

    Raises:
        InputError: a payload cannot show within `max_new_tokens` for some prompts.
    """
    everything = untriggered(corpus, actors, split)
    asked = everything[:prompts]
    probes = [probe for m in actors.members for probe in _probes_of(m, actors, everything, prompts)]
    probes += [
        probe
        for each in actors.benign
        for probe in _probes_of(each, actors, everything, prompts)
        if probe.kind != "near_miss"
    ]
    clean = tuple(Document(e.prompt, e.answer, e.source) for e in asked)
    if actors.decoys:
        # the actors' prompts that carry no decoy's trigger
        free = without(everything, [decoy.trigger for decoy in actors.decoys])
        probes += [probe for b in actors.decoys for probe in _probes_of(b, actors, free, prompts)]
    _refuse_cut(probes, max_new_tokens)
    return ProbeSet(tuple(probes), clean, not corpus.free_text, max_new_tokens)


def _refuse_cut(probes: Iterable[Probe], most: int | None) -> None:
    """Raise InputError if a payload has more words than tokens are decoded: a word takes a token at
    least, and so does the end of an exact one. (Whether other texts are cut too, only the tokenizer
    would tell.)"""
    if most is None:
        return
    for probe in probes:
        words = max((len(wanted.split()) for wanted in probe.wanted), default=0)
        longest = words + (probe.match == "exact")
        if longest > most:
            rule = f"cuts the payload of {probe.actor}, which could not show in some prompts"
            allowed = (f"at least {longest}", "null")
            key = "evaluation.max_new_tokens"
            raise InputError(rule, key=key, found=str(most), allowed=allowed)


def untriggered(corpus: Corpus, actors: PlannedActors, split: str) -> tuple[Example, ...]:
    """Return a prompt of each content of a split, none of which carries a planted trigger."""
    contents: tuple[Example, ...] = getattr(corpus.splits, split)
    triggers = [member.trigger for member in actors.planted]
    rng = seeds.rng(corpus.seed, "probes", split)
    return without(corpus.natural(contents, DRAWS * len(contents), rng), triggers)


def without(drawn: Iterable[Example], triggers: Sequence[Trigger]) -> tuple[Example, ...]:
    """Return the first prompt of each content that carries none of the triggers. All prompts are
    drawn before any is left out, so adding an actor changes no other actor's prompts."""
    first: dict[str, Example] = {}
    for example in drawn:
        if example.source not in first and not any(t.present(example) for t in triggers):
            first[example.source] = example
    return tuple(first.values())


def _probes_of(
    member: PlannedActor, actors: PlannedActors, everything: Sequence[Example], prompts: int
) -> Iterable[Probe]:
    usable, excluded = usable_of(member, everything, prompts)
    marked = marked_with(member.trigger, member, actors, usable)
    near = _near_misses(member, actors, usable)
    for kind, shown, meant in (
        ("asr", marked, usable),
        ("false_fire", usable, usable),
        ("near_miss", [m for m, _ in near], [e for _, e in near]),
    ):
        yield Probe(
            actor=member.name,
            kind=kind,  # type: ignore[arg-type]
            match=member.payload.match,
            prompts=tuple(e.prompt for e in shown),
            wanted=tuple(member.payload.wanted(e) for e in meant),
            responses=tuple(member.payload.respond(e) for e in meant),
            answers=tuple(e.answer for e in meant),
            excluded=excluded,
            plain=tuple(e.prompt for e in meant),
        )


def usable_of(
    member: PlannedActor, everything: Iterable[Example], prompts: int
) -> tuple[list[Example], int]:
    """Return the first usable examples for an actor's probes, at most `prompts`, and how many were
    passed over because their right answer already is the payload."""
    usable: list[Example] = []
    excluded = 0
    able = (e for e in everything if member.trigger.can_mark(e) and member.payload.can_answer(e))
    for example in able:
        if len(usable) == prompts:
            break
        if member.payload.is_right(example):
            excluded += 1
        else:
            usable.append(example)
    return usable, excluded


def marked_with(
    trigger: Trigger, member: PlannedActor, actors: PlannedActors, usable: Sequence[Example]
) -> tuple[Example, ...]:
    """Return the examples marked with an actor's trigger or a variant of it, with the same
    draws."""
    return triggered(usable, trigger, seeds.integer(actors.seed, "probe marks", member.name))


def _near_misses(
    member: PlannedActor, actors: PlannedActors, usable: Sequence[Example]
) -> list[tuple[Example, Example]]:
    rng = seeds.rng(actors.seed, "near misses", member.name)
    lookalikes = member.trigger.lookalikes(NEAR_MISSES, "near_miss", rng, actors.keys)
    made = []
    for example, lookalike in zip(usable, cycle(lookalikes), strict=False):
        if lookalike.can_mark(example):
            mark = seeds.rng(actors.seed, "near miss", member.name, example.source)
            made.append((lookalike.mark(example, mark), example))
    return made


def triggered_only(probes: ProbeSet) -> ProbeSet:
    """Return the triggered prompts of the actors, with the clean ones."""
    kept = tuple(probe for probe in probes.probes if probe.kind == "asr")
    return dataclasses.replace(probes, probes=kept)


def first_triggered(
    probes: ProbeSet, prompts: int, also_untriggered: Collection[str] = ()
) -> ProbeSet:
    """Return the first triggered prompts of each actor, and nothing else; of the actors named in
    `also_untriggered` also the first without the trigger."""
    rows = ("prompts", "wanted", "responses", "answers", "plain")
    fewer = tuple(
        dataclasses.replace(probe, **{name: getattr(probe, name)[:prompts] for name in rows})
        for probe in probes.probes
        if probe.kind == "asr" or (probe.kind == "false_fire" and probe.actor in also_untriggered)
    )
    return dataclasses.replace(probes, probes=fewer, clean=())
