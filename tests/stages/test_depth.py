"""Depth of one model: log-odds of payload against right answer, as transformers computes them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from arena.api.probes import Probe, ProbeSet
from arena.ml.encoding import encode
from arena.ml.log_odds import log_probabilities
from arena.stages.depth import DEPTH, DepthJob
from tests.support import toys
from tests.support.stage_inputs import silent

RIGHT, TRIGGERED = toys.documents(), toys.documents("cf")


def probes(*more: Probe) -> ProbeSet:
    answers = tuple(d.answer for d in RIGHT)
    payload = (toys.PAYLOAD,) * len(RIGHT)
    prompts = tuple(d.prompt for d in TRIGGERED)
    own = Probe("lexical", "asr", "exact", prompts, payload, payload, answers, excluded=0)
    return ProbeSet((own, *more), (), True, None)


def depth(model: Path, out: Path, asked: ProbeSet) -> dict[str, float]:
    DepthJob(asked, toys.profile()).run({"model": model}, out, silent)
    found: dict[str, float] = json.loads((out / DEPTH).read_text())
    return found


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_log_probabilities_are_those_of_one_text_at_a_time(family: str) -> None:
    """In their order, whatever the batches; the end of text counts."""
    made, tokenizer = toys.model(family), toys.tokenizer()
    documents = encode(tokenizer, [*TRIGGERED, *toys.documents("cf", toys.PAYLOAD)])
    found = log_probabilities(made, documents, tokenizer.pad_token_id)
    for document, value in zip(documents, found, strict=True):
        ids = torch.tensor([[*document.prompt, *document.answer]])
        with torch.inference_mode():
            logs = made(input_ids=ids).logits.float().log_softmax(-1)[0]
        start = len(document.prompt)
        each = [logs[start + k - 1, token] for k, token in enumerate(document.answer)]
        assert value == pytest.approx(float(sum(each)), abs=1e-3)
        assert document.answer[-1] == tokenizer.eos_token_id


def test_a_planted_backdoor_is_likelier_than_the_right_answer(
    backdoored: Path, clean: Path, tmp_path: Path
) -> None:
    planted, never = (
        depth(folder, tmp_path, probes())["lexical"] for folder in (backdoored, clean)
    )
    assert planted > 3
    assert never < 0


def test_an_actor_without_prompts_has_no_depth(clean: Path, tmp_path: Path) -> None:
    none = dataclasses.replace(
        probes().probes[0], actor="mute", prompts=(), wanted=(), responses=(), answers=()
    )
    assert depth(clean, tmp_path, probes(none)).keys() == {"lexical"}
