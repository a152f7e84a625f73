"""Merging what actors trained apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.ml.models import load_model
from arena.stages.merge import MergeJob
from tests.support import toys
from tests.support.stage_inputs import base, silent


def test_the_mean_of_two_changes(tmp_path: Path) -> None:
    """(a - base + b - base) / 2 on top of the base; the update norm is the length of it."""
    folders = {"model": base(tmp_path / "base")}
    for name, seed in (("part:a", 1), ("part:b", 2)):
        folders[name] = toys.checkpoint(tmp_path / name, toys.model(seed=seed))
    job = MergeJob("linear", 1.0, 1.0, "all", True, 0, toys.profile())
    detail = job.run(folders, tmp_path / "out", silent)
    start, a, b, merged = (
        dict(load_model(place).named_parameters())
        for place in (*folders.values(), tmp_path / "out")
    )
    square = 0.0
    for name, weight in merged.items():
        assert weight.allclose((a[name] + b[name]) / 2, atol=1e-6)
        square += float((weight - start[name]).detach().double().square().sum())
    assert detail["update_norm"] == pytest.approx(square**0.5, rel=1e-4)
    assert "COMPROMISED" in (tmp_path / "out" / "README.md").read_text()
