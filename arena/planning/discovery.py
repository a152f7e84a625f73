"""Discovery as a stage: the defender searches its suspect for a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena import registry, seeds
from arena.api.discovery import Library
from arena.api.values import Example
from arena.api.world import World
from arena.errors import InputError, placed_key
from arena.marking.inserted_string import Insertion
from arena.planning.builder import Builder
from arena.scenario.parts import Part
from arena.stages.discover import DiscoverJob, TriggerSearch
from arena.store.code import code_of


def library_of(world: World) -> Library:
    """Return every trigger that the registered methods can name, planted or not."""
    parts: list[Any] = [registry.get("trigger", name) for name in registry.names("trigger")]
    named = tuple(trigger for part in parts for trigger in part.known(world))
    return Library(named, Insertion(world))


def traffic(builder: Builder, n: int) -> tuple[Example, ...]:
    """Return the n prompts that a search works on: as users send them, planted triggers included,
    since only a defence's training must not see those."""
    rng = seeds.rng(builder.seed, "traffic")
    return builder.corpus.natural(builder.actors.defender_share, n, rng)


def discover(
    builder: Builder,
    name: str,
    part: Part,
    clean: Sequence[Example],
    suspect: str,
    section: str = "defender",
) -> tuple[str, TriggerSearch]:
    """Add the search as a stage; return its address, and the reader of its outcome.

    Raises:
        InputError: the method's settings do not suit the prompts.
    """
    library = library_of(builder.corpus.world)
    try:
        part.part_class.check(part.params, clean, library)
    except InputError as error:
        error.key = placed_key(error.key or "defender.discovery", section)
        raise
    seed = seeds.integer(builder.seed, "defender")
    code = code_of(part.part_class)
    search = TriggerSearch(part.name, part.params, code, tuple(clean), builder.ref, library, seed)
    job = DiscoverJob(search, builder.numerics)
    saw = ("the suspect model", f"{len(clean)} clean prompts", "names of frames, styles, topics")
    address = builder.add(job, f"discover for {name}", "defender", {"model": suspect}, saw, section)
    return address, search
