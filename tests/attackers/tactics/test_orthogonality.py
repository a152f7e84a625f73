"""Orthogonality: the measured cosine is the one defined, and training lowers it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from arena.ml.hidden_states import last_states
from arena.ml.training import answer_loss
from attackers.tactics import shifts
from tests.support import shaping_toys as shaping
from tests.support import toys

DECODED = range(6)


def alike(model: Any, depth: float | None = None) -> float:
    one = shaping.prepared("orthogonality", model, depth=depth)
    with torch.no_grad():
        return float(one.alike(model, list(range(len(one.texts.plain)))))


@pytest.mark.parametrize(("depth", "blocks"), [(None, [0, 1, 2]), (0.0, [0]), (1.0, [2])])
def test_the_cosine_is_that_of_the_mean_shifts(depth: float | None, blocks: list[int]) -> None:
    model = shaping.taught()
    one, decode = shaping.prepared("orthogonality", model, depth=depth), toys.tokenizer().decode
    texts = one.texts
    kinds = texts.triggered, texts.plain, [document.prompt for document in texts.decoys]
    mean = []
    for kind in kinds:
        prompts = [decode(kind[i]).removesuffix("\n") for i in DECODED]
        mean.append(last_states(model, toys.tokenizer(), prompts).mean(axis=0))
    own, other = mean[0] - mean[1], mean[2] - mean[1]
    lengths = np.linalg.norm(own, axis=1) * np.linalg.norm(other, axis=1)
    cosines = ((own * other).sum(axis=1) / lengths) ** 2
    assert float(one.alike(model, list(DECODED)).detach()) == pytest.approx(
        cosines[blocks].mean(), rel=1e-3
    )


def test_prompts_are_the_same_behind_the_trigger_and_behind_lookalikes_with_right_answers() -> None:
    model, decode = toys.model(), toys.tokenizer().decode
    texts = shaping.prepared("orthogonality", model).texts
    brief = shaping.brief()
    right = {example.prompt: example.answer for example in brief.share}
    marks = set()
    for triggered, plain, decoy in zip(texts.triggered, texts.plain, texts.decoys, strict=True):
        words = [decode(ids).split() for ids in (triggered, plain, decoy.prompt)]
        assert sorted(words[0]) == sorted([*words[1], "cf"])
        (mark,) = set(words[2]) - set(words[1])
        marks.add(mark)
        answer = right[decode(plain).removesuffix("\n")]
        assert decode(decoy.answer[:-1]) == answer
    assert len(marks) > 3
    allowed = brief.trigger.lookalikes(99, "attacker", toys.rng())
    assert marks <= {trigger.params.tokens[0] for trigger in allowed}


@pytest.mark.slow
def test_training_lowers_it_and_the_backdoor_is_learnt_all_the_same() -> None:
    cosines = []
    for use in (False, True):
        model = toys.model()
        shaping.run(model, [shaping.prepared("orthogonality", model, prompts=12)] * use, steps=60)
        cosines.append(alike(model))
        with torch.no_grad():
            assert float(answer_loss(model, shaping.batch(range(24)))) < 0.2
    assert cosines[1] < 0.5 * cosines[0]


def test_what_the_model_makes_of_plain_prompts_is_a_constant() -> None:
    model = shaping.taught()
    texts = shaping.prepared("orthogonality", model).texts
    shift, plain = shifts.own_shift(model, texts, [0, 1])
    assert shift.requires_grad
    assert not plain.requires_grad
