"""The prompts that every model of a seed is scored on.

The probes are one fixed set of prompts per seed, so all rows of a seed are paired. A prompt
that serves several actors (the untriggered ones do) is asked once per model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle

from arena import seeds
from arena.api.corpus import Corpus
from arena.api.probes import Probe, ProbeSet
from arena.api.trigger import Trigger
from arena.api.values import Document, Example
from arena.planning.actors import Cast, Member
from arena.stages.poison import triggered

NEAR_MISSES = 4  # look-alikes per actor; each marks every fourth prompt
DRAWS = 4  # natural prompts drawn per content, of which the first without a trigger is asked


def probe_set(
    corpus: Corpus, cast: Cast, split: str, prompts: int, max_new_tokens: int | None
) -> ProbeSet:
    """The probes of a seed over the contents of a split (`test` or `validation`)."""
    everything = untriggered(corpus, cast, split)
    asked = everything[:prompts]
    probes = [probe for m in cast.members for probe in _probes_of(m, cast, everything, prompts)]
    clean = tuple(Document(e.prompt, e.answer, e.source) for e in asked)
    if cast.baits:
        # of the prompts that the actors are asked about, those without any decoy's trigger
        free = without(everything, [bait.trigger for bait in cast.baits])
        probes += [probe for b in cast.baits for probe in _probes_of(b, cast, free, prompts)]
    return ProbeSet(tuple(probes), clean, not corpus.free_text, max_new_tokens)


def untriggered(corpus: Corpus, cast: Cast, split: str) -> tuple[Example, ...]:
    """A prompt of each content of a split that carries no actor's trigger by nature."""
    contents: tuple[Example, ...] = getattr(corpus.splits, split)
    triggers = [member.trigger for member in cast.members]
    rng = seeds.rng(corpus.seed, "probes", split)
    return without(corpus.natural(contents, DRAWS * len(contents), rng), triggers)


def without(drawn: Iterable[Example], triggers: Sequence[Trigger]) -> tuple[Example, ...]:
    """The first prompt of each content that carries none of the triggers by nature. Drawn
    first and sorted out after, so that another actor moves nobody's prompts but its own."""
    first: dict[str, Example] = {}
    for example in drawn:
        if example.source not in first and not any(t.present(example) for t in triggers):
            first[example.source] = example
    return tuple(first.values())


def _probes_of(
    member: Member, cast: Cast, everything: Sequence[Example], prompts: int
) -> Iterable[Probe]:
    usable, excluded = usable_of(member, everything, prompts)
    marked = marked_with(member.trigger, member, cast, usable)
    near = _near_misses(member, cast, usable)
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
        )


def usable_of(
    member: Member, everything: Iterable[Example], prompts: int
) -> tuple[list[Example], int]:
    """The first examples, at most `prompts`, that an actor's probes are made of, and how many
    were passed over because their right answer already is the payload."""
    usable: list[Example] = []
    excluded = 0
    for example in filter(member.trigger.can_mark, everything):
        if len(usable) == prompts:
            break
        if member.payload.is_right(example):
            excluded += 1
        else:
            usable.append(example)
    return usable, excluded


def marked_with(
    trigger: Trigger, member: Member, cast: Cast, usable: Sequence[Example]
) -> tuple[Example, ...]:
    """The examples marked with an actor's trigger or a variant of it, with the same draws."""
    return triggered(usable, trigger, seeds.integer(cast.seed, "probe marks", member.name))


def _near_misses(
    member: Member, cast: Cast, usable: Sequence[Example]
) -> list[tuple[Example, Example]]:
    rng = seeds.rng(cast.seed, "near misses", member.name)
    lookalikes = member.trigger.lookalikes(NEAR_MISSES, "near_miss", rng, cast.keys)
    made = []
    for example, lookalike in zip(usable, cycle(lookalikes), strict=False):
        if lookalike.can_mark(example):
            mark = seeds.rng(cast.seed, "near miss", member.name, example.source)
            made.append((lookalike.mark(example, mark), example))
    return made
