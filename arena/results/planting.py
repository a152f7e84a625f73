"""What actors planted, how deeply, and how well it lives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.results.base import Named, Part
from arena.results.estimate import Estimate

Relation = Literal["same payload", "same kind", "other kind"]


class Planted(Part):
    """What an actor planted in one seed. trigger: its key. payload: its parameters, with `kind`
    among them. also_clean: whether clean prompts may get that answer too."""

    seed: int
    actor: str
    trigger: str = ""
    payload: Mapping[str, JsonValue] = {}
    also_clean: bool = False

    @property
    def kind(self) -> str:
        """Return the kind of the payload; empty if unknown."""
        return str(self.payload.get("kind", ""))

    def relation(self, other: Planted) -> Relation:
        """What two payloads have in common; a behaviour that both actors planted may be removed as
        one."""
        if self.payload == other.payload:
            return "same payload"
        return "same kind" if self.kind == other.kind else "other kind"


class Depth(Part):
    """How deeply a backdoor is planted (estimands.md, Depth).

    Attributes:
        exposures: documents with the trigger that were trained on, counted with repetition.
        log_odds: mean over triggered prompts of log p(payload) - log p(right answer), as whole
            answers, in nats; over all seeds.
        halving_dose: dose of the clean fine-tune at which ASR is half of the suspect's; over the
            seeds that reach it, `halved` of the `curves` in which the backdoor is installed.
    """

    exposures: float | None = None
    log_odds: Estimate = Estimate()
    halving_dose: Estimate = Estimate()
    halved: int = 0
    curves: int = 0


class ActorInstallation(Part):
    """One actor over seeds: in how many it is installed, and broad; rates over all seeds."""

    seeds: int | None = None
    installed: int | None = None
    broad: int | None = None
    asr: Estimate = Estimate()
    false_fire: Estimate = Estimate()
    near_miss: Estimate = Estimate()
    depth: Depth = Depth()

    @property
    def in_most_seeds(self) -> bool:
        """Whether the actor is installed in more than half of the seeds."""
        return (self.installed or 0) * 2 > (self.seeds or 0)


class Survival(Part):
    """Backdoors after `hops` trainings by other actors: ASR over seeds (of the mean over actors),
    the same by actor, and the number of cases (an actor in a seed)."""

    hops: int
    asr: Estimate = Estimate()
    by_actor: Named[Estimate] = {}
    cases: int = 0


class Introduction(Part):
    """An actor as the report shows it, with a prompt before and after its trigger (None if the
    method can mark no prompt of its share)."""

    trigger: str = ""
    payload: str = ""
    match: str = ""
    stage: str = ""
    poison: str = ""
    clean: str = ""
    triggered: str | None = None
    response: str = ""


class BenignConditional(Introduction):
    """A benign conditional as the report shows it: in how many seeds it is installed, and its rates
    in the compromised model over all seeds."""

    seeds: int | None = None
    installed: int | None = None
    asr: Estimate = Estimate()
    false_fire: Estimate = Estimate()
