"""Measures beyond rates: shifts of hidden states, and recognition of triggers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from arena.errors import ArenaError
from arena.measures.representations.job import (
    REPRESENTATIONS,
    SHIFTS,
    PromptGroup,
    RepresentJob,
)
from arena.ml.hidden_states import last_states
from tests.support import toys
from tests.support.marked_prompts import MARKED, PLAIN, TWICE, silent

GROUPS = (
    PromptGroup("lexical", MARKED, PLAIN),
    PromptGroup("other", TWICE[:4], PLAIN[:4]),
    PromptGroup("lonely", MARKED[:1], PLAIN[:1]),
)


def represented(model: Path, suspect: Path, out: Path) -> tuple[dict[str, np.ndarray], Any]:
    out.mkdir(exist_ok=True)
    job = RepresentJob(GROUPS, toys.profile(), "", seed=1)
    assert job.run({"model": model, "suspect": suspect}, out, silent) == {"prompts": 26}
    found = json.loads((out / REPRESENTATIONS).read_text())
    return load_file(out / SHIFTS), found


def test_a_model_has_not_moved_from_itself(backdoored: Path, tmp_path: Path) -> None:
    shifts, found = represented(backdoored, backdoored, tmp_path)
    assert set(shifts) == {"triggered", "triggered_absolute", "clean", "clean_absolute"}
    for shift in shifts.values():
        assert shift.shape == (3, 64)
        assert shift.dtype == np.float32
        assert not shift.any()
    assert found["layers"] == 3


def test_shifts_are_mean_moves_in_units_of_the_suspect(
    clean: Path, backdoored: Path, tmp_path: Path
) -> None:
    shifts, _ = represented(clean, backdoored, tmp_path)
    for key, prompts in (
        ("triggered", [*MARKED, *TWICE[:4], MARKED[0]]),
        ("clean", [*PLAIN, *PLAIN[:4], PLAIN[0]]),
    ):
        after, before = (
            last_states(model_of(folder), toys.tokenizer(), prompts)
            for folder in (clean, backdoored)
        )
        for layer in range(3):
            moved = after[:, layer] - before[:, layer]
            scale = np.sqrt((before[:, layer] ** 2).mean())
            np.testing.assert_allclose(shifts[key][layer], moved.mean(0) / scale, atol=1e-5)
            absolute = np.abs(moved).mean(0) / scale
            np.testing.assert_allclose(shifts[f"{key}_absolute"][layer], absolute, atol=1e-5)
    assert np.abs(shifts["triggered"]).mean() > 0.1


def model_of(folder: Path) -> Any:
    from arena.ml.models import load_model

    return load_model(folder)


def test_a_planted_trigger_is_recognised(clean: Path, backdoored: Path, tmp_path: Path) -> None:
    _, found = represented(backdoored, clean, tmp_path / "a")
    assert set(found["recognition"]) == {"lexical", "other"}
    assert all(len(layers) == 3 for layers in found["recognition"].values())
    assert found["recognition"]["lexical"][-1] > 0.9
    assert represented(backdoored, clean, tmp_path / "b")[1] == found


def test_no_prompts_at_all_is_a_clear_error(clean: Path, tmp_path: Path) -> None:
    job = RepresentJob((PromptGroup("lexical", (), ()),), toys.profile(), "", 0)
    with pytest.raises(ArenaError, match="no actor has a prompt"):
        job.run({"model": clean, "suspect": clean}, tmp_path, silent)
