"""The tokenizer of a model trained from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.ml.prompt_format import PromptFormat, formatted
from arena.stages.lines import EXAMPLES, read_examples


@dataclass(frozen=True)
class TokenizerJob(Job):
    """Train a tokenizer on the clean pretraining mix (inputs: `examples`); `prompt`: in which form
    its model reads prompts."""

    kind = "tokenizer"
    resources = Resources(model=False)

    vocabulary: int
    prompt: PromptFormat | None = None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml.encoding import train_tokenizer

        examples = read_examples(inputs["examples"] / EXAMPLES)
        tokenizer = train_tokenizer((f"{e.prompt}\n{e.answer}" for e in examples), self.vocabulary)
        formatted(tokenizer, self.prompt).save_pretrained(out)
        return {"vocabulary": len(tokenizer)}
