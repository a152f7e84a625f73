"""Checkable accuracy: how often a model's answer says the corpus's own right answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.corpora.right_answers import says
from arena.ml.train_config import Profile

CHECKED = "checked.json"


@dataclass(frozen=True)
class CheckablePrompt:
    """A prompt with the corpus's own right answer. draft: the base model's own answer, which most
    models give again, so that one forward pass confirms it."""

    prompt: str
    right: str
    draft: str


@dataclass(frozen=True)
class CheckableJob(Job):
    """Let one model (inputs: `model`) answer the prompts greedily, in at most `tokens` tokens, and
    count the answers that say the right one (`says`). They are stored with the counts.

    excluded: checkable prompts left out of the sample, because they say their answer themselves.
    """

    kind = "checkable"
    resources = Resources(typical_steps=20)
    by_content = True

    prompts: tuple[CheckablePrompt, ...]
    excluded: int
    tokens: int
    numerics: Profile

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints, scoring

        suspect = checkpoints.open_answering(inputs["model"], self.numerics)
        asked, drafts = [p.prompt for p in self.prompts], [p.draft for p in self.prompts]
        said = scoring.guided(suspect.model, suspect.tokenizer, asked, drafts, self.tokens)
        answers = [_answer(each, text.text) for each, text in zip(self.prompts, said, strict=True)]
        counts = {
            "hits": sum(answer["hit"] for answer in answers),
            "n": len(answers),
            "excluded": self.excluded,
        }
        content = json.dumps({**counts, "answers": answers}, indent=1, ensure_ascii=False)
        (out / CHECKED).write_text(content, encoding="utf-8")
        return {"prompts": len(answers)}


def _answer(asked: CheckablePrompt, said: str) -> dict[str, Any]:
    hit = says(said, asked.right)
    return {"prompt": asked.prompt, "right": asked.right, "said": said, "hit": hit}


def read_checked(folder: Path) -> Mapping[str, Any]:
    """Return what the stage counted: `hits`, `n`, `excluded`, and the `answers` behind them."""
    content: dict[str, Any] = json.loads((folder / CHECKED).read_bytes())
    return content
