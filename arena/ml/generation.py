"""Greedy answers from another engine than the arena's own decoding, checked against it.

Kernels and batches round differently, so an engine's greedy text departs from the arena's where two
tokens are nearly equally likely. How often is measured on a sample in every use: a few texts are
rounding, more are a mistake (another template, another end of text, other weights).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

from arena.api.matching import Continuation
from arena.errors import ArenaError
from arena.ml import decoding
from arena.ml.encoding import Ids, encode_prompts
from arena.ml.models import check_length

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

CHECKED = 64  # prompts that are answered both ways: the first, so their order must be a random one
MOST = 0.05  # largest share of them that may differ


class Engine(Protocol):
    """Continues encoded prompts greedily."""

    def continued(self, prompts: Sequence[Ids], max_new_tokens: int, end: int) -> list[Ids]:
        """Return the tokens after each prompt, in order: at most `max_new_tokens`, the last of
        which is `end` where the text ended."""
        ...


# Loads an engine for texts of at most so many tokens, prompt included.
Open = Callable[[int], Engine]


@dataclass(frozen=True)
class Agreement:
    """Prompts that were answered both ways, and how many answers differ."""

    checked: int
    differ: int


def checked_continuations(
    suspect: Suspect, prompts: Sequence[str], max_new_tokens: int, load: Open
) -> tuple[list[Continuation], Agreement]:
    """Return an engine's greedy continuations of the prompts, in order, and how far they agree with
    the arena's own on a sample. Equal prompts are answered once. The model is left
    on the CPU, so that the engine has the GPU.

    Raises:
        InputError: the engine is not installed, or a text is longer than the model takes.
        ArenaError: more than `MOST` of the sample differ.
    """
    unique = list(dict.fromkeys(prompts))
    encoded = encode_prompts(suspect.tokenizer, unique)
    longest = max(map(len, encoded), default=0) + max_new_tokens
    check_length(suspect.model, longest)
    sample = unique[:CHECKED]
    own = decoding.continuations(suspect.model, suspect.tokenizer, sample, max_new_tokens)
    suspect.model.to("cpu")
    _free()
    rows = load(longest).continued(encoded, max_new_tokens, suspect.tokenizer.eos_token_id)
    _free()
    texts = [decoding.continuation(suspect.tokenizer, row) for row in rows]
    said = dict(zip(unique, texts, strict=True))
    differ = [p for p, text in zip(sample, own, strict=True) if said[p] != text]
    if len(differ) > MOST * len(sample):
        raise ArenaError(_refusal(len(differ), len(sample), differ[0]))
    return [said[prompt] for prompt in prompts], Agreement(len(sample), len(differ))


def _free() -> None:
    """Give back GPU memory that nothing refers to."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _refusal(differ: int, checked: int, prompt: str) -> str:
    return (
        f"{differ} of {checked} answers differ from the arena's own decoding, more than "
        f"{MOST:.0%}, which is no rounding (the first: {prompt!r}); "
        "corpus.self_distilled.generation: arena decodes them all"
    )
