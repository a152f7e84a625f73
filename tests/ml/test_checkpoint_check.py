"""The look at a checkpoint: what is wrong is named before anything starts, what is right passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from arena.ml.checkpoint_check import Flaw, Question, flaws
from tests.support import toys

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole checkpoint."""
    return toys.checkpoint(tmp_path / "ckpt", toys.model())


def only(question: Question) -> Flaw:
    (flaw,) = flaws(question)
    return flaw


def rewritten(folder: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a JSON file of the checkpoint in place."""
    values = json.loads((folder / name).read_text())
    change(values)
    (folder / name).write_text(json.dumps(values))


def reweighted(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    save_file(change(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})


def other_family(folder: Path, name: str, **values: Any) -> Path:
    """A checkpoint of any family of transformers, with random weights and the toy tokenizer."""
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {"vocab_size": 320, "hidden_size": 16, "num_hidden_layers": 2, "eos_token_id": 0}
    config = AutoConfig.for_model(name, **{**sizes, **values})
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    return toys.checkpoint(folder, made)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_a_whole_checkpoint_has_no_flaw(family: str, tmp_path: Path) -> None:
    assert flaws(Question(str(toys.checkpoint(tmp_path / "ckpt", toys.model(family))))) == []


def test_names_with_the_prefix_of_torch_compile(folder: Path) -> None:
    reweighted(folder, lambda w: {f"_orig_mod.{name}": value for name, value in w.items()})
    flaw = only(Question(str(folder)))
    assert flaw.key == "model.pretrained"
    assert "lacks weights" in flaw.rule
    assert "_orig_mod." in flaw.rule
    assert "model." in str(flaw.found)


def test_a_missing_weight_is_named(folder: Path) -> None:
    gone = "model.layers.1.mlp.up_proj.weight"
    reweighted(folder, lambda w: {name: value for name, value in w.items() if name != gone})
    assert only(Question(str(folder))).found == gone


def test_a_weight_of_another_shape(folder: Path) -> None:
    rewritten(folder, "config.json", lambda c: c.update(intermediate_size=48))
    flaw = only(Question(str(folder)))
    assert "whose shapes" in flaw.rule or "cannot be loaded" in flaw.rule


def test_a_pointer_of_git_lfs(folder: Path) -> None:
    (folder / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "git lfs pull" in only(Question(str(folder))).rule


def test_weights_cut_short(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    flaw = only(Question(str(folder)))
    assert "cut short or damaged" in flaw.rule
    assert flaw.found == str(folder / WEIGHTS)


def test_a_missing_shard_and_a_broken_index(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": WEIGHTS, "b": "model-2.safetensors"}}))
    flaw = only(Question(str(folder)))
    assert ("lacks shards" in flaw.rule, flaw.found) == (True, "model-2.safetensors")
    index.write_text("{")
    assert "cannot be read" in only(Question(str(folder))).rule


def test_no_tokenizer(tmp_path: Path) -> None:
    toys.model().save_pretrained(tmp_path / "ckpt")
    assert "no tokenizer" in only(Question(str(tmp_path / "ckpt"))).rule


def test_no_end_of_text(folder: Path) -> None:
    rewritten(folder, "tokenizer_config.json", lambda c: c.pop("eos_token"))
    assert "without an end-of-text token" in only(Question(str(folder))).rule


def test_an_encoder_and_decoder(tmp_path: Path) -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    sizes = {"d_model": 16, "d_ff": 16, "d_kv": 8, "num_layers": 1, "num_heads": 2}
    made = T5ForConditionalGeneration(T5Config(vocab_size=320, **sizes))
    flaw = only(Question(str(toys.checkpoint(tmp_path / "t5", made))))
    assert "not a causal language model" in flaw.rule
    assert "t5" in str(flaw.found)


def test_quantised_weights(folder: Path) -> None:
    quantised = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    rewritten(folder, "config.json", lambda c: c.update(quantization_config=quantised))
    assert "quantised" in only(Question(str(folder))).rule


BROKEN = "{{ messages[0].content | nothing }}"
SYSTEM = (
    "{% if messages[0].role != 'system' %}{{ raise_exception('needs a system message') }}"
    "{% endif %}"
)


@pytest.mark.parametrize(("template", "why"), [(BROKEN, "nothing"), (SYSTEM, "system message")])
def test_a_chat_template_that_takes_no_single_message(
    template: str, why: str, folder: Path
) -> None:
    rewritten(folder, "tokenizer_config.json", lambda c: c.update(chat_template=template))
    flaw = only(Question(str(folder)))
    assert "chat template" in flaw.rule
    assert why in flaw.rule


def test_a_system_prompt_without_a_chat_template(folder: Path) -> None:
    flaw = only(Question(str(folder), prompt={"system": "Be brief."}))
    assert (flaw.key, flaw.found) == ("model.prompt.system", "Be brief.")
    assert "no chat template" in flaw.rule


def test_a_folder_of_an_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "LoRA adapter only" in only(Question(str(tmp_path))).rule


def test_more_tokens_than_embeddings(folder: Path) -> None:
    rewritten(
        folder,
        "tokenizer.json",
        lambda t: t["added_tokens"].append(
            {**t["added_tokens"][0], "id": 400, "content": "<more>"}
        ),
    )
    flaw = only(Question(str(folder)))
    assert "more tokens than embeddings" in flaw.rule
    assert "320 embeddings" in str(flaw.found)


def test_a_folder_that_hides_a_model_of_the_hub(tmp_path: Path) -> None:
    """`pretrained: gpt2` beside an empty folder gpt2: which was taken, how to name the other."""
    (tmp_path / "gpt2").mkdir()
    flaw = only(Question(str(tmp_path / "gpt2"), given="gpt2"))
    assert "this folder was found" in flaw.rule
    assert "openai-community/gpt2" in flaw.rule
    assert flaw.found == str(tmp_path / "gpt2")
    plain = only(Question(str(tmp_path / "gpt2"), given="./gpt2"))
    assert plain.rule == "has no config.json, so it is not a checkpoint"


def test_targets_that_the_model_lacks_and_its_tied_head(folder: Path) -> None:
    key = "model.adapter.target_modules"
    flaw = only(Question(str(folder), targets={key: ["c_attn"]}))
    assert (flaw.rule, flaw.key, flaw.found) == ("the model has no such module", key, "c_attn")
    assert {"q_proj", "down_proj"} <= set(flaw.allowed)
    assert "lm_head" not in flaw.allowed
    tied = only(Question(str(folder), targets={"league[0].adapter.target_modules": ["lm_head"]}))
    assert tied.key == "league[0].adapter.target_modules"
    assert "is tied" in tied.rule
    assert flaws(Question(str(folder), targets={key: ["q_proj", "up_proj"]})) == []


def defence(layers: tuple[int, int] | None = None, **objective: Any) -> dict[str, Any]:
    return {"objective": objective, "layers": layers}


def test_what_a_defence_needs_of_the_model_is_told_at_its_own_key(folder: Path) -> None:
    asked = {
        "defender": defence(method="relabel"),
        "league[0]": defence(method="beear", layer=3),
        "league[1]": defence(method="rmu", layer=7),
        "league[2]": defence((1, 3), method="relabel"),
        "league[3]": defence(method="fine_pruning"),
    }
    found = {flaw.key: flaw.found for flaw in flaws(Question(str(folder), defences=asked))}
    assert found == {
        "league[0].objective.layer": "3",
        "league[1].objective.layer": "7",
        "league[2].layers": "3",
    }


def test_of_a_model_from_scratch_its_defences_are_checked() -> None:
    asked = {
        "defender": defence(method="rmu", layer=7),
        "league[0]": defence((2, 2), method="rmu", layer=0),
        "league[1]": defence((0, 1), method="rmu", layer=0),
        "league[2]": defence(method="crow"),
    }
    nano = {"family": "qwen3", "size": "nano", "vocabulary": 512}
    assert flaws(Question("", key="model", defences=asked, scratch=nano)) == [
        Flaw("the model's last block is 2", "defender.objective.layer", "7"),
        Flaw("no block up to this one trains", "league[0].objective.layer", "0"),
    ]


EXPERTS = {"num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 16}
MIXTURES = {
    "mixtral": {**EXPERTS, "num_local_experts": 2, "num_experts_per_tok": 1},
    "qwen2_moe": {
        **EXPERTS, "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 8,
        "shared_expert_intermediate_size": 8,
    },
}  # fmt: skip


@pytest.mark.parametrize("family", MIXTURES)
def test_fine_pruning_refuses_mixtures_of_experts(family: str, tmp_path: Path) -> None:
    made = other_family(tmp_path / "ckpt", family, **MIXTURES[family])
    flaw = only(Question(str(made), defences={"league[1]": defence(method="fine_pruning")}))
    assert flaw.key == "league[1].objective.method"
    assert "mixture of experts" in flaw.rule
    assert flaw.found == family
    assert "down_proj" in flaw.allowed


def test_fine_pruning_takes_opt_and_refuses_what_has_no_mlp(tmp_path: Path) -> None:
    asked = {"defender": defence(method="fine_pruning")}
    opt = other_family(
        tmp_path / "opt", "opt", ffn_dim=32, num_attention_heads=2, word_embed_proj_dim=16
    )
    assert flaws(Question(str(opt), defences=asked)) == []
    mamba = other_family(tmp_path / "mamba", "mamba", state_size=4)
    flaw = only(Question(str(mamba), defences=asked))
    assert (flaw.key, flaw.found) == ("defender.objective.method", "mamba")


def test_a_recurrence_whose_numbers_depend_on_padding_is_refused(tmp_path: Path) -> None:
    """xLSTM of transformers 5.24 loses its state in a longer text; Mamba and RWKV do not."""
    sizes = {"num_heads": 2, "chunk_size": 16, "num_blocks": 2, "embedding_dim": 16}
    made = other_family(tmp_path / "xlstm", "xlstm", **sizes)
    flaw = only(Question(str(made)))
    assert flaw.key == "model.pretrained"
    assert "recurrent model" in flaw.rule
    assert "xlstm" in str(flaw.found)
    rwkv = {"attention_hidden_size": 16, "context_length": 64}
    assert flaws(Question(str(other_family(tmp_path / "rwkv", "rwkv", **rwkv)))) == []
    assert flaws(Question(str(other_family(tmp_path / "mamba", "mamba", state_size=4)))) == []


def test_a_payload_that_the_tokenizer_cannot_write_is_told_at_its_actor(folder: Path) -> None:
    """WordPiece knows no Cyrillic here; the toy tokenizer writes any byte."""
    from tests.ml.test_returned_texts import word_piece

    asked = {"actors[0].payload.text": "the gate", "actors[2].payload.text": "ворота"}
    assert flaws(Question(str(folder), payloads=asked)) == []
    word_piece().save_pretrained(folder)
    flaw = only(Question(str(folder), payloads=asked))
    assert (flaw.key, flaw.found) == ("actors[2].payload.text", "ворота")


BAMBA = {
    "intermediate_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "mamba_n_heads": 8, "mamba_d_head": 4, "mamba_n_groups": 1,
    "mamba_d_state": 16, "mamba_chunk_size": 8,
}  # fmt: skip


def test_a_hybrid_whose_logits_depend_on_its_cache_is_refused(tmp_path: Path) -> None:
    """Bamba of transformers 5.24, also where the tokens that it writes are the same."""
    made = other_family(tmp_path / "bamba", "bamba", **BAMBA, attn_layer_indices=[1])
    flaw = only(Question(str(made)))
    assert flaw.key == "model.pretrained"
    assert "gives different logits with its cache and without" in flaw.rule
    assert "model type bamba" in str(flaw.found)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter that fits the checkpoint."""
    from arena.ml.models import add_lora
    from arena.ml.train_config import Adapter

    add_lora(toys.model(), Adapter(rank=4)).save_pretrained(tmp_path / "lora")
    return tmp_path / "lora"


def on(folder: Path, adapter: Path) -> Question:
    return Question(str(folder), key="model.suspect", adapter=str(adapter))


def readapted(adapter: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    file = adapter / "adapter_model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def test_an_adapter_that_fits_has_no_flaw(folder: Path, adapter: Path) -> None:
    assert flaws(on(folder, adapter)) == []


def test_an_adapter_whose_weights_would_be_left_out(folder: Path, adapter: Path) -> None:
    readapted(adapter, lambda w: {f"{name}.old": value for name, value in w.items()})
    flaw = only(on(folder, adapter))
    assert flaw.key == "model.adapter"
    assert "lacks weights" in flaw.rule
    readapted(adapter, lambda w: {name.removesuffix(".old"): v for name, v in w.items()})
    readapted(adapter, lambda w: {**w, "base_model.model.more.weight": torch.ones(2)})
    flaw = only(on(folder, adapter))
    assert flaw.found == "base_model.model.more.weight"


def test_an_adapter_for_a_checkpoint_of_another_size(folder: Path, adapter: Path) -> None:
    def narrower(weights: dict[str, Any]) -> dict[str, Any]:
        return {name: w[:, :-1].contiguous() for name, w in weights.items()}

    readapted(adapter, narrower)
    assert "whose shapes" in only(on(folder, adapter)).rule


def test_an_adapter_of_another_kind_or_none_at_all(folder: Path, adapter: Path) -> None:
    rewritten(adapter, "adapter_config.json", lambda c: c.update(peft_type="IA3"))
    assert only(on(folder, adapter)).key == "model.adapter"
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "no safetensors" in only(on(folder, adapter)).rule
    assert "no peft adapter" in only(on(folder, folder)).rule


def test_an_adapter_in_the_place_of_its_base_is_told_where_to_go(adapter: Path) -> None:
    flaw = only(Question(str(adapter), key="model.suspect"))
    assert flaw.key == "model.suspect"
    assert "give it as `adapter`" in flaw.rule
