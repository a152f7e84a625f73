"""Discovery as a stage: the defender searches its suspect for a trigger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena import registry, seeds
from arena.api.discovery import Discoverer, Library
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import World
from arena.marking.inserted_string import Insertion
from arena.planning.builder import Builder, digest_of
from arena.scenario.parts import Part
from arena.stages.jobs import Inputs, Progress
from arena.store.code import code_of

FINDINGS = "findings.json"


def library_of(world: World) -> Library:
    """Every trigger that the registered methods can name, whoever planted what."""
    parts: list[Any] = [registry.get("trigger", name) for name in registry.names("trigger")]
    named = tuple(trigger for part in parts for trigger in part.known(world))
    return Library(named, Insertion(world))


@dataclass(frozen=True)
class Search:
    """What a discovery method is given beside the model; enough to do it in any process."""

    method: str
    params: Any
    clean: tuple[Example, ...]
    library: Library
    seed: int

    @property
    def discoverer(self) -> Discoverer:
        found: Discoverer = registry.get("discovery", self.method)(self.params)
        return found

    def found_in(self, folder: Path) -> Trigger | None:
        """The trigger that a finished search found, None if it found none."""
        findings = json.loads((folder / FINDINGS).read_text())
        return self.discoverer.trigger(findings, self.library, self.clean)


@dataclass(frozen=True)
class DiscoverJob:
    """Search a suspect (inputs: `model`)."""

    search: Search
    device: str

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints

        suspect = checkpoints.open_for_scoring(inputs["model"], self.device)
        search = self.search
        findings = search.discoverer.discover(
            suspect.model,
            suspect.tokenizer,
            search.clean,
            search.library,
            seeds.rng(search.seed, "discovery"),
        )
        (out / FINDINGS).write_text(json.dumps(findings, indent=1, ensure_ascii=False))
        return {"found": findings["found"] or "nothing"}


def discover(
    builder: Builder, name: str, part: Part, clean: Sequence[Example], suspect: str
) -> tuple[str, Search]:
    """The search as a stage; returns its address, and what its outcome is read with."""
    library = library_of(builder.corpus.world)
    seed = seeds.integer(builder.seed, "defender")
    search = Search(part.name, part.params, tuple(clean), library, seed)
    spec = {
        "discovery": part.dump(),
        "clean": digest_of(search.clean),
        "library": [trigger.key for trigger in library.named],
        "code": [
            code_of(part.part_class),
            code_of(type(library.inserted)),
            *(code_of(type(trigger)) for trigger in library.named),
        ],
        "world": builder.world_spec,
        "seed": seed,
        "numerics": builder.numerics,
    }
    job = DiscoverJob(search, builder.device)
    saw = ("the suspect model", f"{len(clean)} clean prompts", "names of frames, styles, topics")
    address = builder.add(
        "discover", f"discover for {name}", "defender", spec, {"model": suspect}, job, saw=saw
    )
    return address, search
