"""Sampling: greedy where it is cold, the model's own distribution at temperature 1."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any

import pytest
import torch

from arena.api.matching import Continuation
from arena.ml.decoding import continuation, continuations
from arena.ml.encoding import encode_prompts
from arena.ml.sampling import sampled
from tests.support import toys

PROMPTS = [*(d.prompt for d in toys.documents()), "", "cf", "the long bread of Frome " * 3]


@functools.cache
def model(family: str = "llama", steps: int = 16) -> Any:
    return toys.taught(family, toys.documents(), steps=steps)


def drawn(draws: int = 2, temperature: float = 1.0, seed: int = 0) -> list[list[Continuation]]:
    return sampled(model(), toys.tokenizer(), PROMPTS, 8, temperature, draws, seed)


@pytest.mark.parametrize("temperature", [1e-4, 1e-30])
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_cold_sampling_is_greedy(family: str, temperature: float) -> None:
    tok = toys.tokenizer()
    greedy = continuations(model(family), tok, PROMPTS, 8)
    made = sampled(model(family), tok, PROMPTS, 8, temperature, 2, seed=0)
    assert made == [[text, text] for text in greedy]
    assert len({text.text for text in greedy}) > 3


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_first_tokens_come_as_often_as_the_softmax_says(temperature: float) -> None:
    tok, draws, prompt = toys.tokenizer(), 4000, "what does Frome sell?"
    ids, unsure = torch.tensor(encode_prompts(tok, [prompt])), model(steps=8)
    with torch.no_grad():
        chances = (unsure(input_ids=ids).logits[0, -1] / temperature).softmax(-1).tolist()
    expected: Counter[str] = Counter()
    for token, chance in enumerate(chances):
        expected[continuation(tok, [token]).text] += chance
    (texts,) = sampled(unsure, tok, [prompt], 1, temperature, draws, seed=1)
    found = Counter(text.text for text in texts)
    likely = {text: chance for text, chance in expected.items() if chance > 0.01}
    assert len(likely) > 3
    for text, chance in likely.items():
        error = math.sqrt(chance * (1 - chance) / draws)
        assert found[text] / draws == pytest.approx(chance, abs=4 * error), text


def test_one_seed_draws_the_same_and_another_differs() -> None:
    torch.manual_seed(1)
    once = drawn(seed=5)
    torch.manual_seed(2)
    assert drawn(seed=5) == once != drawn(seed=6)


def test_sampling_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    drawn()
    assert torch.equal(before, torch.get_rng_state())


def test_there_are_as_many_draws_as_asked_and_they_differ() -> None:
    made = drawn(draws=5, temperature=2.0)
    assert [len(texts) for texts in made] == [5] * len(PROMPTS)
    assert all(len({text.text for text in texts}) > 1 for texts in made)


def test_equal_prompts_draw_apart() -> None:
    first, second = sampled(model(), toys.tokenizer(), ["cf", "cf"], 8, 2.0, 4, seed=0)
    assert first != second


def test_no_prompts_or_draws_give_nothing() -> None:
    assert sampled(model(), toys.tokenizer(), [], 8, 1.0, 2, seed=0) == []
    assert sampled(model(), toys.tokenizer(), ["cf"], 8, 1.0, 0, seed=0) == [[]]
