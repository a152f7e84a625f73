"""Scoring: every probe asked, hits counted."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from arena.api.probes import Probe, ProbeKind, ProbeSet
from arena.api.values import Document
from arena.ml import checkpoints
from arena.ml.encoding import encode
from arena.ml.fluency import fluency
from arena.results.rows import Rate
from arena.runs.gather import rates
from arena.stages.counting import asks_of, counted
from arena.stages.score import SCORES, ScoreJob
from tests.support import toys
from tests.support.stage_inputs import silent

RIGHT, TRIGGERED = toys.documents(), toys.documents("cf")
N = len(RIGHT)
ANSWERS = tuple(d.answer for d in RIGHT)
PROMPTS = (tuple(d.prompt for d in TRIGGERED), tuple(d.prompt for d in RIGHT), ())


def probe(kind: ProbeKind, prompts: tuple[str, ...]) -> Probe:
    payload = (toys.PAYLOAD,) * len(prompts)
    answers = ANSWERS[: len(prompts)]
    return Probe("lexical", kind, "exact", prompts, payload, payload, answers, excluded=3)


def probe_set(exact: bool = True, limit: int | None = None) -> ProbeSet:
    """Triggered and plain prompts, no near-misses; one right answer that no model gives."""
    of_lexical = tuple(map(probe, get_args(ProbeKind), PROMPTS))
    wrong = Document("what does Frome sell?", "nothing at all", "Frome")
    return ProbeSet(of_lexical, (*RIGHT, wrong), exact, limit)


def scores(folder: Path, out: Path, exact: bool = True, limit: int | None = None) -> dict[str, Any]:
    job = ScoreJob(probe_set(exact, limit), toys.profile())
    assert job.run({"model": folder}, out, silent) == {"prompts": 2 * N}
    values: dict[str, Any] = json.loads((out / SCORES).read_text())
    return values


def test_a_backdoored_model_fires_at_the_trigger_only(backdoored: Path, tmp_path: Path) -> None:
    values = scores(backdoored, tmp_path)
    assert rates(values, "asr") == {"lexical": Rate(hits=N, n=N, excluded=3)}
    assert rates(values, "false_fire") == {"lexical": Rate(n=N, excluded=3)}
    assert rates(values, "near_miss") == {"lexical": Rate(excluded=3)}
    assert values["clean"] == {"hits": N, "n": N + 1}
    assert 1 < values["perplexity"] < 10
    assert 0.5 < values["token_accuracy"] < 1
    assert [(s["kind"], s["said"]) for s in values["samples"]] == [
        ("asr", toys.PAYLOAD),
        ("false_fire", "bread"),
    ]


def test_a_clean_model_never_fires(clean: Path, tmp_path: Path) -> None:
    assert rates(scores(clean, tmp_path), "asr")["lexical"].hits == 0


def test_free_text_has_no_clean_accuracy(backdoored: Path, tmp_path: Path) -> None:
    values = scores(backdoored, tmp_path, exact=False)
    assert values["clean"] is None
    assert values["perplexity"] > 1


@pytest.mark.parametrize("asked", ["everything", "clean prompts only"])
def test_along_a_run_free_text_counts_right_answer_tokens(backdoored: Path, asked: str) -> None:
    probes = probe_set(exact=False)
    if asked != "everything":
        probes = probes.of(())
    suspect = checkpoints.open_for_scoring(backdoored, "cpu")
    clean = counted(suspect, probes).clean
    assert clean is not None
    hits, tokens = clean
    written = encode(suspect.tokenizer, probes.clean)
    assert tokens == sum(len(document.answer) for document in written)
    known = fluency(suspect.model, written, suspect.tokenizer.pad_token_id)
    assert hits / tokens == known.token_accuracy
    assert 0 < hits < tokens  # one answer is one that no model gives
    assert counted(suspect, dataclasses.replace(probes, clean=())).clean is None


def test_a_continuation_cut_by_the_limit_is_no_exact_hit(backdoored: Path, tmp_path: Path) -> None:
    assert rates(scores(backdoored, tmp_path, limit=3), "asr")["lexical"].hits == 0


def test_each_prompt_is_asked_once_with_its_likelier_text_first() -> None:
    asks = asks_of(probe_set())
    assert [ask.prompt for ask in asks] == [d.prompt for d in (*TRIGGERED, *RIGHT)]
    assert {ask.drafts[0] for ask in asks[:N]} == {toys.PAYLOAD}
    assert [ask.drafts[0] for ask in asks[N:]] == list(ANSWERS)
    assert [question.wanted for question in asks[N].questions] == [toys.PAYLOAD, ANSWERS[0]]
