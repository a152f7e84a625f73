"""How long stages take here: remembered by model and kind, and what that says of a plan."""

from __future__ import annotations

from pathlib import Path

import pytest
import toys

from arena.engine.store import Store
from arena.stress.timings import Work, estimate, known, model_key, remember


def test_an_estimate_counts_steps_where_steps_are_the_work(tmp_path: Path) -> None:
    store = Store(tmp_path)
    remember(store, [(Work("train", 100, "m"), 5.0), (Work("score", 1, "m"), 3.0)])
    assert known(store, "m") == {"train": 0.05, "score": 3.0}
    todo = [Work("train", 400, "m"), Work("score", 1, "m"), Work("score", 1, "m")]
    assert estimate(store, todo, workers=2) == pytest.approx((20 + 6) / 2)


def test_what_was_never_timed_is_not_guessed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert estimate(store, [Work("train", 1, "m")], 1) is None
    remember(store, [(Work("train", 1, "m"), 1.0)])
    assert estimate(store, [Work("train", 1, "other")], 1) is None
    assert estimate(store, [Work("train", 1, "m"), Work("quiet", 1, "m")], 1) is None


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


def test_steps_are_units_of_training_only() -> None:
    assert Work.of("train", 40, "m").units == 40
    assert Work.of("reactivate", 40, "m").units == 1
    assert Work.of("score", None, "m").units == 1


def test_a_models_key_follows_what_decides_its_speed() -> None:
    plain = toys.scenario()
    assert model_key(plain) == model_key(toys.scenario("defender.steps=3"))
    assert model_key(plain) != model_key(toys.scenario("model.size=micro"))
    assert model_key(plain) != model_key(toys.scenario("numerics.threads=2"))
