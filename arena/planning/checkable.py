"""The sample of prompts behind checkable accuracy: a second utility where the right answers are the
base model's own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from arena.api.corpus import Corpus
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.corpora.answered import Answered
from arena.corpora.right_answers import can_be_checked
from arena.ml.train_config import Profile
from arena.scenario.schema import Scenario
from arena.stages.checkable import CheckableJob, CheckablePrompt


def checkable_job(
    scenario: Scenario, corpus: Corpus, triggers: Sequence[Trigger], numerics: Profile
) -> CheckableJob | None:
    """Return the stage that measures a model's checkable accuracy; None if the scenario asks for
    none, or if the corpus knows no only right answer.

    The prompts are the first of the split that the scenario scores on, in the seed's order, which
    can be checked and carry no planted trigger. Whether the base model's answer to them ended in
    time does not matter.
    """
    wanted = scenario.corpus.self_distilled
    if wanted is None or not wanted.checkable or not isinstance(corpus, Answered):
        return None
    split: tuple[Example, ...] = getattr(corpus.inner.splits, scenario.evaluation.split)
    clean = [e for e in split if e.checkable and not any(t.present(e) for t in triggers)]
    sample = list(islice(filter(can_be_checked, clean), wanted.checkable))
    if not sample:
        return None
    passed = clean[: clean.index(sample[-1])]
    excluded = sum(not can_be_checked(example) for example in passed)
    prompts = tuple(
        CheckablePrompt(e.prompt, e.answer, corpus.answers.get(e.prompt, e.answer)) for e in sample
    )
    return CheckableJob(prompts, excluded, wanted.tokens, numerics)
