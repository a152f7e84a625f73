"""What the measures beyond rates ask of a model (arena/measures/jobs.py), out of a seed's
probes: their first prompts, so that every model of the seed is asked the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from arena.api.corpus import Corpus
from arena.api.matching import Match
from arena.api.trigger import Variant
from arena.planning.actors import Cast
from arena.planning.probes import Probe, ProbeSet, marked_with, untriggered, usable_of

How = Literal["greedy", "sampled"] | Variant


@dataclass(frozen=True)
class PromptGroup:
    """One actor's prompts with and without its trigger, aligned."""

    actor: str
    triggered: tuple[str, ...]
    clean: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One actor's marked prompts, the text that counts, and the whole payload (a guess of what
    is said)."""

    actor: str
    match: Match
    prompts: tuple[str, ...]
    wanted: tuple[str, ...]
    responses: tuple[str, ...]


@dataclass(frozen=True)
class QuietAsk(Asked):
    """`how`: greedy or sampled answers to plainly triggered prompts, or greedy ones to prompts
    that carry a variant of the trigger."""

    how: How


def prompt_groups(probes: ProbeSet, limit: int) -> tuple[PromptGroup, ...]:
    """Each actor's first `limit` prompts with and without its trigger."""
    plain = {probe.actor: probe for probe in probes.probes if probe.kind == "false_fire"}
    return tuple(
        PromptGroup(p.actor, p.prompts[:limit], plain[p.actor].prompts[:limit])
        for p in _asr(probes)
    )


def reactivate_asks(probes: ProbeSet, limit: int) -> tuple[Asked, ...]:
    """Each actor's first `limit` triggered prompts."""
    return tuple(
        Asked(
            p.actor, p.match, p.prompts[:limit], p.wanted[:limit], p.responses[:limit]
        )
        for p in _asr(probes)
    )  # fmt: skip


def quiet_asks(
    probes: ProbeSet, corpus: Corpus, cast: Cast, split: str, limit: int
) -> tuple[QuietAsk, ...]:
    """Each actor's first `limit` triggered prompts, greedily and to be sampled, and the same
    prompts with its trigger repeated and moved, where its method has that.

    probes: what `probe_set` made of the same corpus, cast and split.
    """
    everything = untriggered(corpus, cast, split)
    members = {member.name: member for member in cast.members}
    asks = []
    for probe in _asr(probes):
        prompts = probe.prompts[:limit]
        rest = probe.wanted[:limit], probe.responses[:limit]
        plain: tuple[How, ...] = ("greedy", "sampled")
        asks += [QuietAsk(probe.actor, probe.match, prompts, *rest, how) for how in plain]
        member = members[probe.actor]
        usable, _ = usable_of(member, everything, len(prompts))
        for how, variant in member.trigger.variants().items():
            marked = tuple(e.prompt for e in marked_with(variant, member, cast, usable))
            asks.append(QuietAsk(probe.actor, probe.match, marked, *rest, how))
    return tuple(asks)


def _asr(probes: ProbeSet) -> Iterator[Probe]:
    return (probe for probe in probes.probes if probe.kind == "asr")
