"""Trigger discovery: the defender searches its suspect for a trigger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena import registry, seeds
from arena.api.discovery import Discoverer, Library
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.ml.train_config import Profile
from arena.stages.corpus import CorpusRef

FINDINGS = "findings.json"


@dataclass(frozen=True)
class TriggerSearch:
    """What a discovery method is given in addition to the model; enough to run it in any process.
    code: of the method."""

    method: str
    params: Params
    code: str
    clean: tuple[Example, ...]
    corpus: CorpusRef
    library: Library
    seed: int

    @property
    def discoverer(self) -> Discoverer:
        method: Discoverer = registry.get("discovery", self.method)(self.params)
        return method

    def found_in(self, folder: Path) -> Trigger | None:
        """Return the trigger that a finished search found; None if it found none."""
        return self.discoverer.trigger(_findings(folder), self.library, self.clean)

    def triggers_in(self, folder: Path) -> tuple[Trigger, ...]:
        """Return every trigger that a finished search counts as found, best first."""
        return self.discoverer.triggers(_findings(folder), self.library, self.clean)


def _findings(folder: Path) -> dict[str, Any]:
    findings: dict[str, Any] = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
    return findings


@dataclass(frozen=True)
class DiscoverJob(Job):
    """Search a suspect (inputs: `model`)."""

    kind = "discover"
    resources = Resources(typical_steps=400)

    search: TriggerSearch
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints

        suspect = checkpoints.open_for_scoring(inputs["model"], self.numerics.device)
        search = self.search
        findings = search.discoverer.discover(
            suspect.model,
            suspect.tokenizer,
            search.clean,
            search.library,
            seeds.rng(search.seed, "discovery"),
        )
        (out / FINDINGS).write_text(
            json.dumps(findings, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        return {"found": findings["found"] or "nothing"}
