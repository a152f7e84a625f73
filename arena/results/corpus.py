"""The corpus of a run and how clean its clean text was."""

from __future__ import annotations

from arena.results.base import Named, Part


class CleanTextRecord(Part):
    """The planted forms in clean text (docs/estimands.md, Clean data).

    Attributes:
        defender, mix: `natural` or `scrubbed`, of separate trainings also `narrow` or `noisy`, and
            several kinds where actors differ; empty in results of earlier versions, and `mix` also
            where nothing was planted.
        labels: whose answers the mix has, the `right` ones or those `received` with a checkpoint.
        natural_rate: as the scenario sets it; None: as they occur in the corpus.
        in_defender: by actor, the share of the defender's clean prompts that carry its form, over
            seeds and disclosed triggers.
        in_mix: the same share of the clean prompts in poisoned mixes, over seeds.
    """

    defender: str = ""
    mix: str = ""
    labels: str = "right"
    natural_rate: float | None = None
    in_defender: Named[float] = {}
    in_mix: Named[float] = {}


class GenerationRecord(Part):
    """The engine that decoded the base model's own answers, and how many of the `checked` ones
    differ from the arena's own decoding."""

    engine: str = ""
    version: str = ""
    checked: int = 0
    differ: int = 0


class CorpusSummary(Part):
    """Examples by split, rows dropped (by split, and by reason), the split whose prompts were
    scored, and other notes on the data. generation: None if the arena decoded the right answers, or
    if they are the corpus's."""

    name: str = ""
    train: int | None = None
    validation: int | None = None
    test: int | None = None
    dropped: Named[int] = {}
    reasons: Named[int] = {}
    notes: tuple[str, ...] = ()
    scored_on: str = ""
    generation: GenerationRecord | None = None
