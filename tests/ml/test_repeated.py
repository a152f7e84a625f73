"""A schedule run through several times: what a norm-matched sham trains by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.ml.repeated import RepeatedConfig
from arena.ml.train_config import TrainConfig


@given(st.integers(1, 30), st.integers(0, 10), st.sampled_from(["linear", "cosine"]),
       st.integers(1, 5))  # fmt: skip
def test_every_round_is_the_schedule_itself(
    steps: int, warmup: int, schedule: str, times: int
) -> None:
    once = TrainConfig(
        learning_rate=1e-3, steps=steps, warmup=min(warmup, steps // 3), schedule=schedule
    )  # type: ignore[arg-type]
    again = RepeatedConfig.times(once, times)
    assert again.steps == steps * times
    single = [once.factor(step) for step in range(steps)]
    assert [again.factor(step) for step in range(again.steps)] == single * times
    assert again.dose(again.steps) == pytest.approx(times * once.dose(steps))


def test_all_but_the_steps_is_as_it_was() -> None:
    once = TrainConfig(learning_rate=2e-3, steps=7, batch_size=3, clip=0.5, precision="bfloat16")
    again = RepeatedConfig.times(once, 4)
    changed = {"steps", "once"}
    assert again.model_dump(exclude=changed) == once.model_dump(exclude=changed)
