"""How long stages take here: remembered by model and kind, and what that says of a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.execution.timings import (
    Estimated,
    Work,
    estimate,
    known,
    model_key,
    remember,
    remember_step,
)
from arena.store.store import Store
from tests.support import toys
from tests.support.plans import by_name, plan


def test_an_estimate_counts_steps_where_steps_are_the_work(tmp_path: Path) -> None:
    store = Store(tmp_path)
    remember(store, [(Work("train", 100, "m"), 5.0), (Work("score", 1, "m"), 3.0)])
    assert known(store, "m") == {"train": 0.05, "score": 3.0}
    todo = [Work("train", 400, "m"), Work("score", 1, "m"), Work("score", 1, "m")]
    found = estimate(store, todo, workers=2)
    assert found.seconds == pytest.approx((20 + 6) / 2)
    assert found.whole


def test_what_was_never_timed_is_not_guessed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert estimate(store, [Work("train", 1, "m")], 1) == Estimated(None, whole=False)
    remember(store, [(Work("train", 1, "m"), 1.0)])
    assert estimate(store, [Work("train", 1, "other")], 1) == Estimated(None, whole=False)
    part = estimate(store, [Work("train", 1, "m"), Work("quiet", 1, "m")], 1)
    assert part == Estimated(1.0, whole=False)
    assert estimate(store, [], 1) == Estimated(0.0, whole=True)


def test_one_measured_step_gives_a_first_idea_of_every_kind(tmp_path: Path) -> None:
    store = Store(tmp_path)
    remember_step(store, "m", 0.1)
    plain = [Work("train", 10, "m"), Work("score", 1, "m", typical_steps=20)]
    assert estimate(store, plain, 1) == Estimated(pytest.approx(0.1 * 30), whole=True)
    remember(store, [(Work("score", 1, "m"), 5.0)])
    assert estimate(store, plain, 1) == Estimated(pytest.approx(0.1 * 10 + 5), whole=True)


def test_new_timings_count_more_than_none_and_less_than_all(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for seconds in (1.0, 3.0):
        remember(store, [(Work("score", 1, "m"), seconds)])
    assert known(store, "m") == {"score": 2.0}


def test_a_damaged_note_is_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    remember(store, [(Work("score", 1, "m"), 1.0)])
    (note,) = (tmp_path / "timings").iterdir()
    note.write_text("{")
    assert known(store, "m") == {}


def test_steps_are_the_units_of_what_trains() -> None:
    nodes = by_name(plan())
    assert Work.of(nodes["compromised"].job, "m") == Work("train", 10, "m", checkpoints=1)
    assert Work.of(nodes["score compromised"].job, "m") == Work("score", 1, "m", 20)


def test_a_models_key_follows_what_decides_its_speed() -> None:
    plain = toys.scenario()
    assert model_key(plain) == model_key(toys.scenario("defender.steps=3"))
    assert model_key(plain) != model_key(toys.scenario("model.size=micro"))
    assert model_key(plain) != model_key(toys.scenario("numerics.threads=2"))
