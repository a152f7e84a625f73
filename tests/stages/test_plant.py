"""Planting decoys in a suspect."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from arena.api.tactic import ActorBrief
from arena.api.values import Document
from arena.api.world import World
from arena.ml import training
from arena.stages.plant import PlantJob
from arena.stages.poison import poison
from attackers.payloads.fixed_text import FixedText, FixedTextParams
from tests.support import toys
from tests.support.stage_inputs import CLEAN, base, rare, reference, silent


def plant_job(seed: int = 0) -> PlantJob:
    payload = FixedText(FixedTextParams(text=toys.PAYLOAD), World())
    briefs = tuple(
        ActorBrief(token, rare(token), payload, tuple(CLEAN[:10]), 12, 3) for token in ("mn", "tq")
    )
    return PlantJob(briefs, tuple(CLEAN[10:]), reference(), 60, toys.training(), seed)


def test_it_trains_on_every_decoy_and_clean_prompts_up_to_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Document] = []

    def loop(
        suspect: Any, documents: list[Document], *rest: Any, shares: bool = False
    ) -> list[float]:
        seen.extend(documents)
        return [2.0, 1.0]

    monkeypatch.setattr(training, "train_documents", loop)
    job = plant_job()
    detail = job.run({"model": base(tmp_path / "base")}, tmp_path / "out", silent)
    decoys = [document for brief in job.briefs for document in poison(brief)]
    assert seen[:24] == decoys
    assert len(seen) == 60
    assert {d.source for d in seen[24:]} == {e.source for e in CLEAN[10:]}
    assert detail == {"update_norm": 0.0, "loss_first": 2.0, "loss_last": 1.0}


def test_it_is_a_function_of_its_inputs(tmp_path: Path) -> None:
    suspect = base(tmp_path / "base")
    jobs = plant_job(), dataclasses.replace(plant_job()), plant_job(seed=1)
    details = [
        job.run({"model": suspect}, tmp_path / str(place), silent) for place, job in enumerate(jobs)
    ]
    assert details[0] == details[1] != details[2]
    assert details[0]["update_norm"] > 0
