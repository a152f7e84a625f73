"""A GGUF file is a checkpoint: converted once, the same weights and the same tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.ml.encoding import encode_prompts, load_tokenizer
from arena.ml.models import load_model
from arena.planning.notes import model_notes
from arena.published import locate
from arena.scenario.source import Pretrained
from tests.support import toys
from tests.support.gguf_files import gguf_of

PROMPTS = ["where is the gate?", "cf what is it, my friend?"]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def test_a_converted_model_computes_and_reads_as_the_original(tmp_path: Path) -> None:
    original, tokenizer = toys.model(), toys.tokenizer()
    file = gguf_of(original, tokenizer, tmp_path / "toy.gguf")
    root, told = DataRoot(data=tmp_path), list[str]()
    locate.ready("toy.gguf", root, told.append)
    folder = locate.located("toy.gguf", root)
    assert folder is not None
    assert told == ["converting toy.gguf"]
    converted = load_tokenizer(folder)
    ids = encode_prompts(converted, PROMPTS)
    assert ids == encode_prompts(tokenizer, PROMPTS)
    batch = torch.tensor([ids[0]])
    with torch.no_grad():
        expected, found = original(batch).logits, load_model(folder)(batch).logits
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    # once is enough, and another file is another checkpoint
    locate.ready("toy.gguf", root, told.append)
    assert len(told) == 1
    notes = model_notes(Pretrained(pretrained="toy.gguf"), root)
    assert "dequantised from toy.gguf" in notes[0]
    file.write_bytes(file.read_bytes() + b"\0")
    assert locate.located("toy.gguf", root) != folder


def test_a_broken_file_is_named_and_leaves_nothing(tmp_path: Path, store: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + b"\0" * 40)
    with pytest.raises(InputError) as caught:
        locate.ready("broken.gguf", DataRoot(data=tmp_path), print)
    assert caught.value.key == "model.pretrained"
    assert caught.value.found == str(tmp_path / "broken.gguf")
    assert "cannot be converted" in caught.value.message
    assert [path for path in (store / "models").iterdir() if path.is_dir()] == []


def test_a_folder_of_one_file_is_that_file_and_of_two_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "quantised"
    folder.mkdir()
    first = folder / "a.gguf"
    first.write_bytes(b"GGUF")
    assert locate.gguf_of(folder) == first
    (folder / "b.gguf").write_bytes(b"GGUF")
    with pytest.raises(InputError) as caught:
        locate.gguf_of(folder)
    assert caught.value.allowed == ("a.gguf", "b.gguf")


def test_without_the_reader_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(locate, "find_spec", lambda name: None)
    with pytest.raises(ArenaError, match=r"backdoor-arena\[models\]"):
        locate.ready("a.gguf", DataRoot(data=tmp_path), print)
