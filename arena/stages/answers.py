"""The base model's own answers to the prompts of a corpus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.corpora.answered import chosen
from arena.ml.train_config import Profile
from arena.stages.corpus import CorpusRef
from arena.stages.lines import EXAMPLES, read_examples, write_lines

if TYPE_CHECKING:
    from arena.api.matching import Continuation
    from arena.ml.checkpoints import Suspect

ENGINE = "engine.json"


@dataclass(frozen=True)
class EngineCheck:
    """Which engine wrote the answers, and how many of those `checked` differ from the arena's own
    decoding."""

    engine: str
    version: str
    checked: int
    differ: int


@dataclass(frozen=True)
class AnswersJob(Job):
    """Answer prompts of a corpus with a model (inputs: `model`), greedily. Answers that are empty,
    or do not end within `tokens` tokens, are left out.

    first, last: which prompts in the order of `chosen`, `last` not included. vllm: the version of
    vLLM, which writes the answers and is checked against the arena's own decoding; None: the arena
    decodes them.
    """

    kind = "answers"
    resources = Resources(typical_steps=80)

    corpus: CorpusRef
    tokens: int
    first: int
    last: int
    numerics: Profile
    vllm: str | None = None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from arena.ml import checkpoints

        model = checkpoints.open_answering(inputs["model"], self.numerics)
        examples = chosen(self.corpus.build(), self.last)[self.first :]
        prompts = [example.prompt for example in examples]
        said, check = self._answered(inputs["model"], model, prompts)
        kept = [
            replace(example, answer=text.text.strip())
            for example, text in zip(examples, said, strict=True)
            if text.ended and text.text.strip()
        ]
        write_lines(out / EXAMPLES, kept)
        if check is not None:
            (out / ENGINE).write_text(json.dumps(asdict(check)))
        return {"documents": len(kept), "unended": sum(not text.ended for text in said)}

    def _answered(
        self, folder: Path, model: Suspect, prompts: Sequence[str]
    ) -> tuple[list[Continuation], EngineCheck | None]:
        from arena.ml import decoding, generation, models, vllm_engine

        if self.vllm is None:
            said = decoding.continuations(model.model, model.tokenizer, prompts, self.tokens)
            return said, None
        homes = models.parent_of(folder), models.tokenizer_home(folder)
        said, agreement = generation.checked_continuations(
            model, prompts, self.tokens, partial(vllm_engine.load, *homes)
        )
        return said, EngineCheck("vllm", self.vllm, agreement.checked, agreement.differ)


@dataclass(frozen=True)
class JoinedAnswersJob(Job):
    """Put the answers of several stages into one file. Inputs: by `part_role`, in order.

    parts: how many there are.
    """

    kind = "joined_answers"
    resources = Resources(model=False, typical_steps=1)

    parts: int

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        folders = [inputs[part_role(i)] for i in range(self.parts)]
        examples = [example for folder in folders for example in read_examples(folder / EXAMPLES)]
        write_lines(out / EXAMPLES, examples)
        return {"documents": len(examples)}


def part_role(part: int) -> str:
    """Return the role of a part of the answers, counted from 0, as the parent of the whole."""
    return f"part_{part}"


def read_check(folder: Path) -> EngineCheck | None:
    """Return the check of the engine that wrote the answers; None if the arena decoded them."""
    file = folder / ENGINE
    return EngineCheck(**json.loads(file.read_text())) if file.is_file() else None
