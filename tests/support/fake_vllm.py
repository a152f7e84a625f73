"""A stand-in for vLLM: the part of its public interface that the arena uses, answered by plain
decoding of the same checkpoint, and on demand wrong."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VERSION = "0.33.0"
SETTINGS = ("model", "tokenizer", "dtype", "seed", "max_model_len", "generation_config",
                    "trust_remote_code")  # fmt: skip


@dataclass
class SamplingParams:
    """`vllm.SamplingParams`, of which only greedy ones are answered."""

    temperature: float
    max_tokens: int
    stop_token_ids: list[int]
    detokenize: bool


@dataclass
class CompletionOutput:
    """One text of a request."""

    token_ids: Sequence[int]


@dataclass
class RequestOutput:
    """What `LLM.generate` returns per prompt."""

    outputs: list[CompletionOutput]


@dataclass
class Loaded:
    """How often the engine was loaded, and with what; what it was asked."""

    settings: list[Mapping[str, Any]] = field(default_factory=list)
    params: list[SamplingParams] = field(default_factory=list)


def module(wrong: int = 0) -> tuple[types.ModuleType, Loaded]:
    """Return the module, and what was asked of it. wrong: answers of the first so many prompts lack
    their first token."""
    seen = Loaded()

    class LLM:
        """`vllm.LLM`."""

        def __init__(self, **settings: Any) -> None:
            from arena.ml.encoding import load_tokenizer
            from arena.ml.models import load_model

            assert set(settings) == set(SETTINGS)
            seen.settings.append(settings)
            self.model = load_model(settings["model"])
            self.pad = load_tokenizer(settings["tokenizer"]).pad_token_id

        def generate(
            self, prompts: Sequence[Mapping[str, Any]], params: SamplingParams, *, use_tqdm: bool
        ) -> list[RequestOutput]:
            seen.params.append(params)
            rows = [self._row(prompt["prompt_token_ids"], params) for prompt in prompts]
            spoilt = [row[1:] if i < wrong else row for i, row in enumerate(rows)]
            return [RequestOutput([CompletionOutput(row)]) for row in spoilt]

        def _row(self, prompt: list[int], params: SamplingParams) -> list[int]:
            import torch

            from arena.ml.decoding import greedy

            assert params.temperature == 0
            (end,) = params.stop_token_ids
            with torch.inference_mode():
                row = greedy(self.model, torch.tensor([prompt]), None, params.max_tokens, end)
            return [int(token) for token in row[0]]

    made = types.ModuleType("vllm")
    vars(made).update(LLM=LLM, SamplingParams=SamplingParams)
    return made, seen
