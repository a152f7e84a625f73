"""How one threat actor makes its poison: a plain function of its own brief."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.tactic import ActorBrief, Texts
from arena.api.trigger import Trigger
from arena.api.values import Document, Example
from arena.corpora.sources import even_order
from arena.errors import ArenaError
from arena.stages.corpus import CorpusRef
from arena.stages.lines import DOCUMENTS, write_lines

T = TypeVar("T")


def poison(brief: ActorBrief) -> tuple[Document, ...]:
    """Return exactly `count` poisoned documents over the share, shuffled.

    Every usable example is used equally often, to within one. Usable are those that the trigger can
    mark, that the payload can answer and whose right answer is not already the payload; of a
    published data set, the rows whose source is in the share.

    Raises:
        ArenaError: count is above 0 and nothing in the share is usable.
    """
    if brief.count < 1:
        return ()
    rows = _published(brief)
    if rows is None:
        usable = [e for e in brief.share if _usable(brief, e)]
        return _cycle(brief, usable, lambda example, round_: _document(brief, example, round_))
    return _cycle(brief, rows, lambda document, round_: document)


def makeable(brief: ActorBrief) -> int:
    """Return how many poisoned documents can be made before any prompt is used again."""
    rows = _published(brief)
    return sum(_usable(brief, e) for e in brief.share) if rows is None else len(rows)


def _published(brief: ActorBrief) -> list[Document] | None:
    """The rows of a published data set whose source is in the share; None if the trigger has no
    rows of its own."""
    own = brief.trigger.own_documents()
    if own is None:
        return None
    sources = {example.source for example in brief.share}
    return [document for document in own if document.source in sources]


def triggered(examples: Sequence[Example], trigger: Trigger, seed: int) -> tuple[Example, ...]:
    """Return every example marked, with one generator per source, so that no example affects
    another's mark.

    Raises:
        ArenaError: the trigger cannot mark one of them; check `can_mark` first.
    """
    return tuple(trigger.mark(e, seeds.rng(seed, "triggered", e.source)) for e in examples)


def _usable(brief: ActorBrief, example: Example) -> bool:
    payload = brief.payload
    able = brief.trigger.can_mark(example) and payload.can_answer(example)
    return able and not payload.is_right(example)


def _document(brief: ActorBrief, example: Example, round_: int) -> Document:
    rng = seeds.rng(brief.seed, brief.name, "mark", example.source, example.prompt, round_)
    marked = brief.trigger.mark(example, rng)
    # the payload responds to the original: marking may have dropped the form that it needs
    return Document(marked.prompt, brief.payload.respond(example), example.source, "poison")


def _cycle(
    brief: ActorBrief, usable: Sequence[T], document: Callable[[T, int], Document]
) -> tuple[Document, ...]:
    if not usable:
        raise ArenaError(
            f"actor {brief.name!r} cannot make poison: none of the {len(brief.share)} examples "
            f"of its share can be used by trigger {brief.trigger.key} and payload "
            f"{brief.payload.name}"
        )
    rng: np.random.Generator = seeds.rng(brief.seed, brief.name, "order")
    times = [0] * len(usable)
    made = []
    for index in even_order(len(usable), brief.count, rng):
        made.append(document(usable[index], times[index]))
        times[index] += 1
    return tuple(made)


@dataclass(frozen=True)
class PlannedTexts:
    """A text tactic, how many documents it writes, and other triggers that these documents may
    carry (their code is part of the address)."""

    tactic: Texts
    documents: int
    marks: tuple[Trigger, ...] = ()


@dataclass(frozen=True)
class PoisonJob(Job):
    """Write a threat actor's shard, and the documents of its text tactics; the actor receives only
    its own brief. corpus: the source of its share."""

    kind = "poison"
    resources = Resources(model=False)

    brief: ActorBrief
    corpus: CorpusRef
    texts: tuple[PlannedTexts, ...] = ()

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        shard = list(poison(self.brief))
        for planned in self.texts:
            rng = seeds.rng(self.brief.seed, "tactic", planned.tactic.name)
            shard += planned.tactic.documents(self.brief, planned.documents, rng)
        write_lines(out / DOCUMENTS, shard)
        return {"documents": len(shard), "prompts": len({d.source for d in shard})}
