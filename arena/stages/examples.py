"""The clean mix of a training stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.stages.corpus import CorpusRef
from arena.stages.lines import EXAMPLES, write_lines


@dataclass(frozen=True)
class ExamplesJob(Job):
    """Draw n clean prompts in natural variety, with their right answers."""

    kind = "examples"
    resources = Resources(model=False, typical_steps=20)

    corpus: CorpusRef
    n: int
    pretraining: bool

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        corpus = self.corpus.build()
        rng = seeds.rng(self.corpus.seed, "examples", str(self.pretraining))
        examples = corpus.natural(corpus.splits.train, self.n, rng, pretraining=self.pretraining)
        write_lines(out / EXAMPLES, examples)
        return {"documents": len(examples)}
