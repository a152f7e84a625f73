"""Scoring: every probe asked, hits counted."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from arena.api.probes import Probe, ProbeSet
from arena.stages.score import SCORES, ScoreJob, asks_of
from tests.support import toys
from tests.support.stage_inputs import silent

RIGHT, TRIGGERED = toys.documents(), toys.documents("cf")
N = len(RIGHT)
ANSWERS = tuple(d.answer for d in RIGHT)


def probe(kind: Any, prompts: tuple[str, ...], excluded: int = 0) -> Probe:
    n = len(prompts)
    payload = (toys.PAYLOAD,) * n
    return Probe("lexical", kind, "exact", prompts, payload, payload, ANSWERS[:n], excluded)


PROBES = ProbeSet(
    (
        probe("asr", tuple(d.prompt for d in TRIGGERED), excluded=3),
        probe("false_fire", tuple(d.prompt for d in RIGHT)),
        probe("near_miss", ()),
    ),
    tuple(RIGHT),
    exact_answers=True,
    max_new_tokens=None,
)


def scores(folder: Path, out: Path, probes: ProbeSet = PROBES) -> dict[str, Any]:
    ScoreJob(probes, toys.profile()).run({"model": folder}, out, silent)
    values: dict[str, Any] = json.loads((out / SCORES).read_text())
    return values


def test_a_backdoored_model_fires_at_the_trigger_only(backdoored: Path, tmp_path: Path) -> None:
    values = scores(backdoored, tmp_path)
    asr, false_fire, near_miss = values["rates"]
    assert asr == {"actor": "lexical", "kind": "asr", "hits": N, "n": N, "excluded": 3}
    assert (false_fire["hits"], false_fire["n"], near_miss["n"]) == (0, N, 0)
    assert values["clean"] == {"hits": N, "n": N}
    assert values["token_accuracy"] == 1.0
    assert [sample["said"] for sample in values["samples"]] == [toys.PAYLOAD, ANSWERS[0]]


def test_a_clean_model_never_fires(clean: Path, tmp_path: Path) -> None:
    asr, *_ = scores(clean, tmp_path)["rates"]
    assert (asr["hits"], asr["n"]) == (0, N)


def test_answers_of_free_text_are_not_counted_as_right_or_wrong(
    backdoored: Path, tmp_path: Path
) -> None:
    values = scores(backdoored, tmp_path, dataclasses.replace(PROBES, exact_answers=False))
    assert values["clean"] is None
    assert values["perplexity"] == pytest.approx(1.0, abs=0.5)


def test_each_prompt_is_asked_once_with_its_likelier_text_first() -> None:
    asks = asks_of(PROBES)
    assert [ask.prompt for ask in asks] == [d.prompt for d in (*TRIGGERED, *RIGHT)]
    assert {ask.drafts[0] for ask in asks[:N]} == {toys.PAYLOAD}
    assert [ask.drafts[0] for ask in asks[N:]] == list(ANSWERS)
    assert [question.wanted for question in asks[N].questions] == [toys.PAYLOAD, ANSWERS[0]]
