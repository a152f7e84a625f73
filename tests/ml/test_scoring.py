"""Scoring: greedy decoding is transformers' own, fluency is what a hand computes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import toys

from arena.matching import Continuation
from arena.ml.encoding import encode, encode_prompts
from arena.ml.scoring import Fluency, continuations, fluency, greedy

LIMIT = 14


def by_generate(model: Any, prompt: str) -> Continuation:
    """transformers' greedy decoding of one prompt alone."""
    tok = toys.tokenizer()
    ids = torch.tensor([encode_prompts(tok, [prompt])[0]])
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=LIMIT,
        eos_token_id=tok.eos_token_id,
        pad_token_id=tok.pad_token_id,
    )
    new = out[0, ids.shape[1] :].tolist()
    return Continuation(tok.decode(new, skip_special_tokens=True), tok.eos_token_id in new)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_greedy_continuations_are_what_generate_gives(family: str) -> None:
    """Prompts that were learnt end early, new and empty ones ramble to the limit."""
    model = toys.taught(family, toys.documents())
    strange = ["", "cf", "the long bread of Frome and Corfe " * 3, "honey honey honey"]
    prompts = [d.prompt for d in toys.documents()] + strange
    made = continuations(model, toys.tokenizer(), prompts, LIMIT)
    assert made == [by_generate(model, prompt) for prompt in prompts]
    assert [c.text for c in made[:8]] == [d.answer for d in toys.documents()]
    assert all(c.ended for c in made[:8])
    assert len({len(c.text) for c in made}) > 3


@dataclass
class Scripted:
    """Says the script of each row's first token, one token a call; counts what it is asked."""

    scripts: dict[int, list[int]]
    device: str = "cpu"
    asked: list[list[int]] = field(default_factory=list)

    def __call__(self, *, input_ids: Any, cache: Any, use_cache: bool, logits_to_keep: int) -> Any:
        cache = cache or {"rows": input_ids[:, 0].tolist(), "step": 0}
        if cache["step"] == 0:
            self.asked += input_ids.tolist()
        logits = torch.zeros(len(input_ids), 1, 400)
        for row, first in enumerate(cache["rows"]):
            logits[row, 0, self.scripts[first][cache["step"]]] = 1.0
        cache["step"] += 1
        return SimpleNamespace(logits=logits, cache=cache)


def test_a_row_that_ended_stays_ended_and_decoding_stops_when_all_did() -> None:
    model = Scripted({5: [0, 7, 7, 7], 6: [8, 9, 0, 7]})
    rows = greedy(model, torch.tensor([[5], [6]]), 10, end=0)
    assert rows.tolist() == [[0, 0, 0], [8, 9, 0]]


def test_decoding_stops_at_the_limit() -> None:
    model = Scripted({5: [7] * 9})
    assert greedy(model, torch.tensor([[5]]), 3, end=0).tolist() == [[7, 7, 7]]
    assert greedy(model, torch.tensor([[5]]), 0, end=0).shape == (1, 0)


def test_an_empty_continuation_is_empty_and_ended() -> None:
    tok = toys.tokenizer()
    (ids,) = encode_prompts(tok, ["x"])
    model = Scripted({ids[0]: [tok.eos_token_id]})
    assert continuations(model, tok, ["x"], 4) == [Continuation("", ended=True)]


def test_equal_prompts_are_decoded_once_and_answered_in_order() -> None:
    tok = toys.tokenizer()
    firsts = {p: encode_prompts(tok, [p])[0][0] for p in ("x", "y")}
    a, b = tok.convert_tokens_to_ids(["a", "b"])
    model = Scripted({firsts["x"]: [a, tok.eos_token_id], firsts["y"]: [b, a]})
    made = continuations(model, tok, ["x", "y", "x", "x"], 2)
    assert [c.text for c in made] == ["a", "ba", "a", "a"]
    assert [c.ended for c in made] == [True, False, True, True]
    assert len(model.asked) == 2


def test_no_prompts_no_continuations() -> None:
    assert continuations(Scripted({}), toys.tokenizer(), [], 4) == []


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_fluency_is_the_hand_computed_one(family: str) -> None:
    model = toys.taught(family, toys.documents(), steps=8)
    documents = encode(toys.tokenizer(), toys.documents())
    losses, right = [], []
    for document in documents:
        ids = torch.tensor([document.prompt + document.answer])
        with torch.inference_mode():
            odds = model(input_ids=ids).logits[0].log_softmax(-1)
        for place, token in enumerate(document.answer, start=len(document.prompt) - 1):
            losses.append(-float(odds[place, token]))
            right.append(int(odds[place].argmax()) == token)
    found = fluency(model, documents, toys.tokenizer().pad_token_id)
    assert found.perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-4)
    assert found.token_accuracy == sum(right) / len(right)
    assert 0 < found.token_accuracy < 1


def test_fluency_of_nothing_is_no_number() -> None:
    found: Fluency = fluency(toys.model(), [], 1)
    assert math.isnan(found.perplexity)
    assert math.isnan(found.token_accuracy)
