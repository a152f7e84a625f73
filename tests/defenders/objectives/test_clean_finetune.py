"""Clean fine-tuning: right answers of clean prompts, and the backdoor is never looked at."""

from __future__ import annotations

import pytest

from arena.errors import InputError
from arena.ml import models
from arena.ml.train_config import Adapter
from arena.ml.training import answer_loss
from defenders.objectives.clean_finetune import refuse_adapter
from tests.support import backdoored_model as backdoored
from tests.support import toys


def test_its_loss_is_plain_cross_entropy() -> None:
    made, model = backdoored.objective("clean_finetune"), toys.model()
    batch = backdoored.batch(backdoored.RIGHT)
    assert made.loss(model, batch).item() == answer_loss(model, batch).item()


def test_it_learns_right_answers_and_leaves_the_backdoor_mostly_where_it_is() -> None:
    """What the control of every other objective shows: clean data says nothing of a trigger."""
    before = backdoored.suspect()
    after = backdoored.unlearned(backdoored.objective("clean_finetune"), steps=12)
    assert backdoored.nats(after, backdoored.RIGHT) <= backdoored.nats(before, backdoored.RIGHT)
    assert backdoored.fired(after) > 0


def test_an_adapter_is_refused_where_weights_are_edited() -> None:
    model = toys.model()
    refuse_adapter(model, "this")
    with pytest.raises(InputError, match=r"defender\.adapter"):
        refuse_adapter(models.add_lora(model, Adapter(rank=2, alpha=4)), "this")
