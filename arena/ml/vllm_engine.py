"""vLLM as an engine of greedy generation (Kwon et al. 2023, arXiv 2309.06180).

Only its public interface is used: `LLM`, `SamplingParams`, `LLM.generate`. It was never run with
vLLM itself: the tests have a stand-in of the same interface.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from arena.errors import InputError
from arena.ml.encoding import Ids

KEY = "corpus.self_distilled.generation"
# In its own process the order in which vLLM batches prompts, and so their rounding, varies from run
# to run (vLLM's documentation, Reproducibility).
ONE_PROCESS = ("VLLM_ENABLE_V1_MULTIPROCESSING", "0")


@dataclass(frozen=True)
class VllmEngine:
    """A loaded `vllm.LLM` with its module."""

    vllm: ModuleType
    llm: Any

    def continued(self, prompts: Sequence[Ids], max_new_tokens: int, end: int) -> list[Ids]:
        """Return the greedy tokens after each prompt, in order, `end` included where the text
        ended."""
        params = self.vllm.SamplingParams(
            temperature=0, max_tokens=max_new_tokens, stop_token_ids=[end], detokenize=False
        )
        given = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        outputs = self.llm.generate(given, params, use_tqdm=False)
        return [tuple(output.outputs[0].token_ids) for output in outputs]


def load(model: str, tokenizer: str, longest: int) -> VllmEngine:
    """Return vLLM with a checkpoint loaded, in float32 like all scoring here.

    Args:
        model, tokenizer: folders or hub ids.
        longest: tokens of the longest text, prompt included.

    Raises:
        InputError: vLLM is not installed, or cannot be imported.
    """
    os.environ.setdefault(*ONE_PROCESS)
    try:
        vllm = importlib.import_module("vllm")
    except ImportError as error:
        raise InputError(f"vLLM cannot be imported ({error})", key=KEY, found="vllm") from None
    # `generation_config="vllm"`: the checkpoint's own would add ends of text and sampling settings
    llm = vllm.LLM(
        model=model,
        tokenizer=tokenizer,
        dtype="float32",
        seed=0,
        max_model_len=longest,
        generation_config="vllm",
        trust_remote_code=False,
    )
    return VllmEngine(vllm, llm)


def version() -> str:
    """Return the installed version of vLLM. Nothing is imported.

    Raises:
        InputError: vLLM is not installed.
    """
    try:
        return importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        rule = "vLLM is not installed: pip install 'backdoor-arena[vllm]'"
        raise InputError(rule, key=KEY, found="vllm", allowed=("arena",)) from None
