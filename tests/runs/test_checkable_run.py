"""Checkable accuracy through a whole run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from arena import run
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.corpora.instructions.corpus import Instructions, InstructionsParams
from arena.ml import vllm_engine
from arena.results.corpus import GenerationRecord
from tests.support import fake_vllm, toys

SAID = "it is 4"


@pytest.mark.slow
def test_every_model_of_a_run_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that gives one answer to everything agrees with itself, and is right where that
    happens to be right. Its own answers are decoded by another engine, which the results say."""
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm.module(wrong=1)[0])
    monkeypatch.setattr(vllm_engine, "version", lambda: fake_vllm.VERSION)
    corpus = Instructions(InstructionsParams(wordings="fixed", contents=500), 0, DataRoot())
    texts = [Document(e.prompt, SAID, e.source) for e in corpus.splits.train[:60]]
    made = toys.checkpoint(tmp_path / "model", toys.taught("llama", texts, steps=80))
    actors = [toys.actor("lexical", "cf", 0.4), toys.actor("other", "bb", 0.4)]
    scenario = toys.scenario(
        *toys.SMALL[7:],
        f"actors={json.dumps(actors)}",
        f"model={{pretrained: {made}, adapter: {{method: lora, rank: 2}}}}",
        "corpus={name: instructions, wordings: fixed, contents: 500, "
        "self_distilled: {tokens: 10, contents: 400, checkable: 30, generation: vllm}}",
        "controls={shams: 1, reference: true, benign: []}",
        "training.continual_pretraining={steps: 2, documents: 60, learning_rate: 1e-6}",
        "evaluation.max_new_tokens=null",
        "thresholds.installed_asr=0",
        "runtime.backend=serial",
    )
    done = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    (suspect,) = done.results.rows_of("compromised")
    assert suspect.clean_accuracy is not None
    assert suspect.clean_accuracy.rate == 1.0
    checked = [row.checkable_accuracy for row in done.results.rows]
    assert None not in checked
    assert {each.n for each in checked if each} == {30}
    assert {each.excluded for each in checked if each} != {0}
    assert suspect.checkable_accuracy is not None
    assert 0 < suspect.checkable_accuracy.hits < 20
    by_kind = {line.kind: line.checkable_accuracy for line in done.results.summary}
    assert by_kind["compromised"] is not None
    assert by_kind["compromised"].value == suspect.checkable_accuracy.rate
    assert "checkable accuracy" in (done.folder / "report.html").read_text()
    corpus = done.results.corpus
    assert corpus.generation == GenerationRecord(
        engine="vllm", version=fake_vllm.VERSION, checked=64, differ=1
    )
    assert any("1 of 64 checked ones differ" in note for note in corpus.notes)
