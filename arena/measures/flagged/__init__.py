"""How conspicuous an actor's poison is: the share that a filter on the training text would flag."""

from __future__ import annotations

from pydantic import Field

from arena.api.job import Job
from arena.api.measure import NumberMeasure, Subject
from arena.api.params import Params
from arena.measures.flagged.job import FlagJob
from arena.registry import register


class FlaggedParams(Params):
    """budget: share of clean documents that the filter may flag."""

    budget: float = Field(default=0.05, gt=0, lt=1)


@register("measure", "flagged")
class Flagged(NumberMeasure):
    """Share of an actor's poisoned documents whose prompt an outlier filter flags.

    A filter of the kind of ONION (Qi et al., EMNLP 2021, arXiv 2011.10369): text that a language
    model finds improbable is suspicious. Three things differ. ONION removes words from a prompt at
    inference, by how much the perplexity of GPT-2 falls without each; this flags whole documents of
    the training text, before training. Models from scratch are trained on answers only, so that
    their perplexity of a prompt means nothing: here a smoothed model of word pairs judges the
    prompt's most surprising word and its mean word. And the limits are set on clean text, of which
    they flag at most `budget`, whatever the share of poison in the mix.
    """

    Params = FlaggedParams
    params: FlaggedParams
    rows = frozenset({"compromised"})
    needs = frozenset({"poison", "clean"})
    reads_model = False
    place = 40
    title = "Poison that a text filter flags"
    note = (
        "Share of each actor's poisoned documents that are flagged by their prompts, by a filter "
        "that flags few clean ones."
    )

    def job(self, subject: Subject) -> Job:
        return FlagJob(tuple(subject.poisoned), self.params.budget)
