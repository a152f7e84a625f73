"""The base model's own answers to the prompts of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.corpora.answered import chosen
from arena.ml.train_config import Profile
from arena.stages.corpus import CorpusRef
from arena.stages.lines import EXAMPLES, write_lines


@dataclass(frozen=True)
class AnswersJob(Job):
    """Answer the prompts of a corpus with a model (inputs: `model`), greedily. Answers that are
    empty, or do not end within `tokens` tokens, are left out.

    contents: how many prompts; None: all.
    """

    kind = "answers"
    resources = Resources(typical_steps=600)

    corpus: CorpusRef
    tokens: int
    contents: int | None
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, scoring

        model = checkpoints.open_for_scoring(inputs["model"], self.numerics.device)
        examples = chosen(self.corpus.build(), self.contents)
        prompts = [example.prompt for example in examples]
        said = scoring.continuations(model.model, model.tokenizer, prompts, self.tokens)
        kept = [
            replace(example, answer=text.text.strip())
            for example, text in zip(examples, said, strict=True)
            if text.ended and text.text.strip()
        ]
        write_lines(out / EXAMPLES, kept)
        return {"documents": len(kept), "unended": sum(not text.ended for text in said)}
