"""The prompts put to every model of a seed: one fixed set, so that all rows are paired."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from arena.api.matching import Match
from arena.api.values import Document

ProbeKind = Literal["asr", "false_fire", "near_miss"]


@dataclass(frozen=True)
class Probe:
    """Prompts of one actor and kind, with the text that would count as its payload.

    prompts, wanted, responses, answers: aligned. responses: the whole payload texts, which bound
    the decoding length; answers: the right answers. Both also serve as drafts for verified
    decoding. excluded: number of prompts left out because their right answer already is the
    payload. plain: the prompts before they were marked, for people to compare with; may be empty.
    """

    actor: str
    kind: ProbeKind
    match: Match
    prompts: tuple[str, ...]
    wanted: tuple[str, ...]
    responses: tuple[str, ...]
    answers: tuple[str, ...]
    excluded: int
    plain: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProbeSet:
    """All prompts put to a model. `exact_answers`: whether clean answers are short enough to be
    right or wrong as a whole (otherwise utility is perplexity and token accuracy)."""

    probes: tuple[Probe, ...]
    clean: tuple[Document, ...]
    exact_answers: bool
    max_new_tokens: int | None

    def of(self, actors: Collection[str]) -> ProbeSet:
        """Return the prompts of these actors only."""
        return replace(self, probes=tuple(p for p in self.probes if p.actor in actors))
