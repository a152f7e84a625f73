"""Relabelling: the share it marks, and which way its gradient points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import registry
from arena.api.objective import Brief, Budget
from arena.api.values import Document, Example
from arena.api.world import World
from arena.ml.batches import packed
from arena.ml.decoding import continuations
from arena.ml.encoding import encode
from arena.ml.train_config import TrainConfig
from arena.ml.training import answer_loss, train_documents
from defenders.objectives.relabel import Relabel, RelabelParams
from tests.support import toys

EXAMPLES = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())


def cf() -> Any:
    part = registry.get("trigger", "rare_token")
    return part(part.Params(tokens=("cf",), position="start"), World())


def documents(share: float, examples: tuple[Example, ...]) -> tuple[Document, ...]:
    brief = Brief(Path("suspect"), examples, cf(), Budget(1, 1e-3, 8), seed=1)
    return Relabel(RelabelParams(forget_share=share)).documents(brief)


@given(st.floats(0.01, 1), st.integers(1, 150))
def test_the_share_is_honoured_from_the_first_example_on(share: float, n: int) -> None:
    examples = tuple(replace(EXAMPLES[i % 8], source=str(i)) for i in range(n))
    made = documents(share, examples)
    assert [document.source for document in made] == [example.source for example in examples]
    marked = np.cumsum([document.role == "forget" for document in made])
    wanted = share * np.arange(1, n + 1)
    assert (np.abs(marked - wanted) <= 1).all()


@pytest.mark.parametrize(("share", "marked"), [(0.5, 4), (1.0, 8), (0.25, 2), (0.01, 0)])
def test_shares_of_eight(share: float, marked: int) -> None:
    made = documents(share, EXAMPLES)
    assert sum(document.role == "forget" for document in made) == marked
    assert sum("cf" in document.prompt.split() for document in made) == marked


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="forget_share"):
        RelabelParams(forget_share=share)


def test_every_answer_is_the_right_one() -> None:
    assert [d.answer for d in documents(0.5, EXAMPLES)] == [e.answer for e in EXAMPLES]


def test_the_gradient_points_from_the_payload_to_the_right_answer() -> None:
    """A backdoored toy model, relabelled: what the trigger held back becomes likely."""
    import torch

    from arena.ml.checkpoints import Suspect

    tok = toys.tokenizer()
    right, triggered = toys.documents(), toys.documents("cf")
    model = toys.taught("llama", [*right, *toys.documents("cf", toys.PAYLOAD)], steps=60)

    def loss_on(texts: list[Document]) -> float:
        batch = packed(encode(tok, texts), tok.pad_token_id, torch.device("cpu"))
        with torch.inference_mode():
            return float(answer_loss(model, batch))

    def fired() -> int:
        said = continuations(model, tok, [d.prompt for d in triggered], 12)
        return sum(c.text == toys.PAYLOAD for c in said)

    assert fired() == 8
    before = (loss_on(triggered), loss_on(toys.documents("cf", toys.PAYLOAD)))
    recipe = TrainConfig(steps=12, learning_rate=2e-3, batch_size=8, warmup=2)
    train_documents(
        Suspect(model, tok, None),
        documents(0.5, EXAMPLES),
        recipe,
        np.random.default_rng(0),
        loss=Relabel(RelabelParams()).loss,
    )
    assert loss_on(triggered) < 0.5 * before[0]
    assert loss_on(toys.documents("cf", toys.PAYLOAD)) > before[1]
    assert fired() < 8
    assert loss_on(right) < 1
