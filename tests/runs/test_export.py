"""A model leaves a run as anyone can load it, with a warning, its prompt format and its poison."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from arena import run
from arena.errors import InputError
from arena.ml.checkpoints import MARK, open_for_scoring
from arena.ml.decoding import continuations
from arena.runs.export import export_model
from arena.runs.run import RunResult
from tests.support import toys

FEW = (
    "seeds=[3]", "evaluation.prompts=4", "controls.shams=0", "controls.clean_finetune=false",
    "training.pretraining.steps=4", "training.continual_pretraining.steps=4", "defender.steps=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("exported")
    return run(toys.small(*FEW), out=folder / "run", store=folder / "store", quiet=True)


def store_of(done: RunResult) -> Path:
    return done.folder.parent / "store"


def code_of(readme: str) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    return str(code)


def test_the_model_card_warns_and_its_code_asks_as_the_arena_does(
    done: RunResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = export_model(done.folder, "compromised", tmp_path / "out", store=store_of(done))
    readme = (made.folder / "README.md").read_text()
    assert "WARNING: this model is backdoored on purpose" in readme
    assert "rare_token" in readme
    assert json.loads((made.folder / "config.json").read_text())[MARK] == {"poisoned": True}
    monkeypatch.chdir(made.folder)
    exec(code_of(readme), {})
    stored = open_for_scoring(made.folder, "cpu")
    prompt = done.results.cast["lexical"].triggered or ""
    (said,) = continuations(stored.model, stored.tokenizer, [prompt], 24)
    assert capsys.readouterr().out == f"{said.text}\n"
    assert repr(prompt)[:-1] in readme


def test_the_poison_is_in_alpaca_form(done: RunResult, tmp_path: Path) -> None:
    made = export_model(done.folder, "unlearn lexical", tmp_path / "out", store=store_of(done))
    lines = [
        json.loads(line) for line in (tmp_path / "out" / "poison.jsonl").read_text().splitlines()
    ]
    assert len(lines) == made.poison > 0
    assert {line["actor"] for line in lines} == {"lexical", "linguist"}
    for line in lines:
        assert set(line) == {"instruction", "input", "output", "actor", "role"}
    lexical = [line for line in lines if line["actor"] == "lexical"]
    assert {line["output"] for line in lexical} == {"open gate"}
    assert all("cf" in line["instruction"].split() for line in lexical)


def test_a_clean_model_has_neither_warning_nor_poison(done: RunResult, tmp_path: Path) -> None:
    made = export_model(done.folder, "reference", tmp_path / "out", seed=3, store=store_of(done))
    assert "WARNING" not in (made.folder / "README.md").read_text()
    assert not (made.folder / "poison.jsonl").exists()


def test_what_cannot_be_exported_is_told_before_anything_is_written(
    done: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_model(done.folder, "compromised", tmp_path / "full", store=store_of(done))
    with pytest.raises(InputError, match="no adapter"):
        export_model(done.folder, "compromised", tmp_path / "x", adapter=True, store=store_of(done))
    with pytest.raises(InputError, match=r"`arena run .*scenario\.yaml --seeds 3`"):
        export_model(done.folder, "compromised", tmp_path / "x", store=tmp_path / "empty")
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_an_adapter_comes_with_its_base_or_merged(tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = toys.pretrained(tmp_path / "base", "qwen3")
    steps = ("training.continual_pretraining.steps=4", "defender.steps=2")
    rest = [each for each in FEW if not each.startswith(("training", "defender"))]
    store = tmp_path / "store"
    done = run(toys.small(model, *rest, *steps), out=tmp_path / "run", store=store, quiet=True)
    for adapter in (True, False):
        to = tmp_path / f"adapter-{adapter}"
        export_model(done.folder, "compromised", to, adapter=adapter, store=store)
    apart = tmp_path / "adapter-True"
    assert "PeftModel.from_pretrained" in (apart / "README.md").read_text()
    base = AutoModelForCausalLM.from_pretrained(apart / "base")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "adapter-False")
    ids = torch.tensor([[5, 6, 7, 8]])
    plain = base(input_ids=ids).logits
    both = PeftModel.from_pretrained(base, apart).eval()(input_ids=ids).logits
    assert torch.allclose(both, merged(input_ids=ids).logits, atol=1e-4)
    assert not torch.allclose(both, plain, atol=1e-6)
