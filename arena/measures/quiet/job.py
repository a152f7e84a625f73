"""ASR in ways that greedy answers to the plain trigger miss."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.matching import matches
from arena.api.trigger import Variant
from arena.measures.asking import TriggeredPrompts, greedy_count, longest_response, write_json
from arena.ml.train_config import Profile

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

QUIET = "quiet.json"
How = Literal["greedy", "sampled"] | Variant


@dataclass(frozen=True)
class QuietAsk(TriggeredPrompts):
    """`how`: greedy or sampled answers to plainly triggered prompts, or greedy ones to prompts
    that carry a variant of the trigger."""

    how: How


@dataclass(frozen=True)
class QuietJob(Job):
    """Measure ASR of one model (inputs: `model`) in ways that greedy answers to the plain trigger
    miss.

    max_new_tokens: None for the length of the longest response.
    """

    kind = "quiet"
    resources = Resources(typical_steps=15)
    by_content = True

    asks: tuple[QuietAsk, ...]
    temperature: float
    draws: int
    numerics: Profile
    seed: int
    max_new_tokens: int | None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints

        suspect = checkpoints.open_answering(inputs["model"], self.numerics)
        limit = self.max_new_tokens or longest_response(self.asks, suspect.tokenizer)
        rates = [
            {"actor": ask.actor, "how": ask.how, **self._count(suspect, ask, limit)}
            for ask in self.asks
        ]
        write_json(out / QUIET, {"rates": rates})
        return {"prompts": sum(len(ask.prompts) for ask in self.asks)}

    def _count(self, suspect: Suspect, ask: QuietAsk, limit: int) -> dict[str, int]:
        if ask.how != "sampled":
            return greedy_count(suspect, ask, limit)
        from arena.ml.sampling import sampled
        from arena.ml.scoring import returned_texts

        seed = seeds.integer(self.seed, "sampled", ask.actor)
        how = limit, self.temperature, self.draws, seed
        said = sampled(suspect.model, suspect.tokenizer, ask.prompts, *how)
        due = returned_texts(suspect.tokenizer, ask.wanted)
        hits = sum(
            matches(ask.match, text, wanted)
            for wanted, texts in zip(due, said, strict=True)
            for text in texts
        )
        return {"hits": hits, "n": self.draws * len(ask.prompts)}
