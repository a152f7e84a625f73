"""Hidden states before the answer, and probes that tell a trigger by them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from arena.errors import ArenaError
from arena.ml import hidden_states as insides
from arena.ml.encoding import encode_prompts
from arena.ml.hidden_states import last_states, recognition
from tests.support import toys

PROMPTS = ["what does Frome sell?", "", "cf", "the long bread of Frome and Corfe " * 3, "cf"]


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_states_are_those_of_each_prompt_alone(family: str) -> None:
    model, tok = toys.model(family), toys.tokenizer()
    states = last_states(model, tok, PROMPTS)
    assert states.shape == (5, 3, 64)
    assert states.dtype == np.float32
    for prompt, found in zip(PROMPTS, states, strict=True):
        ids = torch.tensor(encode_prompts(tok, [prompt]))
        with torch.no_grad():
            layers = model(input_ids=ids, output_hidden_states=True).hidden_states
        for layer, expected in zip(found, layers[1:], strict=True):
            np.testing.assert_allclose(layer, expected[0, -1].numpy(), atol=1e-5)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_last_layer_predicts_the_first_token_of_the_answer(family: str) -> None:
    model, tok = toys.model(family), toys.tokenizer()
    last = torch.tensor(last_states(model, tok, PROMPTS)[:, -1])
    with torch.no_grad():
        logits = model.get_output_embeddings()(last)
        for prompt, found in zip(PROMPTS, logits, strict=True):
            expected = model(input_ids=torch.tensor(encode_prompts(tok, [prompt]))).logits[0, -1]
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_batches_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, tok = toys.model(), toys.tokenizer()
    together = last_states(model, tok, PROMPTS)
    monkeypatch.setattr(insides, "STATES", 1)
    np.testing.assert_allclose(last_states(model, tok, PROMPTS), together, atol=1e-5)


def test_no_prompts_no_states() -> None:
    assert last_states(toys.model(), toys.tokenizer(), []).shape == (0, 3, 64)


def states(prompts: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise in three layers of eight units."""
    draw = toys.rng(seed)
    shape = (prompts, 3, 8)
    return tuple(draw.normal(size=shape).astype(np.float32) for _ in range(2))  # type: ignore[return-value]


def test_a_planted_direction_is_recognised_in_its_layer_alone() -> None:
    triggered, clean = states(400, 1)
    triggered[:, 1] += 3 * np.eye(8)[2]
    found = recognition(triggered, clean, seed=0)
    assert found[1] > 0.97
    assert found[0] == pytest.approx(0.5, abs=0.1)
    assert found[2] == pytest.approx(0.5, abs=0.1)


def test_units_of_any_size_are_recognised_alike() -> None:
    """A direction among units a thousand times as large: states are standardised."""
    triggered, clean = states(200, 2)
    triggered[:, 1, 2] += 3
    sizes = np.array([1e3] * 2 + [1e-3] + [1e3] * 5, dtype=np.float32)
    plain = recognition(triggered, clean, seed=0)
    assert recognition(triggered * sizes, clean * sizes, seed=0) == pytest.approx(plain, abs=1e-3)
    assert plain[1] > 0.95


def test_both_versions_of_a_prompt_are_on_the_same_side() -> None:
    """States that say which prompt it is and nothing else: a probe trained on one version of
    a prompt would take its other version for the same, and fall below a half."""
    same = np.eye(40, dtype=np.float32)[:, None, :]
    assert recognition(same, same, seed=3) == [0.5]


def test_the_halves_are_drawn_by_the_seed() -> None:
    both = states(60, 4)
    assert recognition(*both, seed=0) == recognition(*both, seed=0) != recognition(*both, seed=1)


def test_one_prompt_is_too_few() -> None:
    with pytest.raises(ArenaError, match="at least 2"):
        recognition(*states(1, 0), seed=0)
