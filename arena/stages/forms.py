"""The forms of planted triggers in clean prompts: as they occur, filtered out, or at a set rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arena import seeds
from arena.api.trigger import Trigger
from arena.api.values import Example


@dataclass(frozen=True)
class Forms:
    """How the forms of planted triggers occur in clean prompts (docs/estimands.md, Clean data).

    planted: triggers that are counted. without: triggers whose natural occurrences are filtered
    out. put: triggers that are then put into a share `rate` of the prompts each, no prompt carrying
    two; the right answer stays.
    """

    planted: tuple[Trigger, ...] = ()
    without: tuple[Trigger, ...] = ()
    put: tuple[Trigger, ...] = ()
    rate: float = 0.0
    seed: int = 0

    def natural(self, clean: Iterable[Example]) -> list[Example]:
        """Return the prompts left after filtering, some with a form put in. Which prompt carries
        which form depends only on the prompt, not on its position."""
        kept = (e for e in clean if not any(trigger.present(e) for trigger in self.without))
        return [self._put(example) for example in kept]

    def counted(self, clean: Sequence[Example]) -> list[int]:
        """Return in how many prompts each planted form occurs."""
        return [sum(map(trigger.present, clean)) for trigger in self.planted]

    def _put(self, example: Example) -> Example:
        if not self.rate:
            return example
        place = int(seeds.unit(self.seed, "form", example.prompt, example.source) / self.rate)
        if place >= len(self.put) or not self.put[place].can_mark(example):
            return example
        rng = seeds.rng(self.seed, "mark of a form", example.prompt, example.source)
        return self.put[place].mark(example, rng)
