"""A payload is what the tokenizer returns of it: normalisers and decoders hide no hit."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from arena.api.matching import Ask, Question
from arena.errors import InputError
from arena.ml.encoding import encode_answers, encode_prompts
from arena.ml.scoring import answers, as_returned, decoded_answers, returned_texts

END, PAD, UNKNOWN = "<|end|>", "<|pad|>", "[UNK]"
NFC, NFD = (unicodedata.normalize(form, "le café est ouvert") for form in ("NFC", "NFD"))
CHINESE = "大门现在打开了"
LIMIT = 64


def byte_level(normaliser: Any = None) -> Any:
    """A byte-level BPE, as of Qwen and GPT-NeoX."""
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.normalizer = normaliser
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([NFC, CHINESE, "the gate is open now"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token=PAD)


def word_piece() -> Any:
    """Words, and single Chinese characters, between which its decoder puts spaces."""
    from transformers import PreTrainedTokenizerFast

    words = [UNKNOWN, END, PAD, *dict.fromkeys(CHINESE), "问", "the", "gate", "is", "open", "?"]
    backend = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token=UNKNOWN))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token=END, pad_token=PAD, unk_token=UNKNOWN
    )


class Says:
    """A model that writes the same tokens behind every prompt."""

    config = SimpleNamespace(model_type="scripted")
    device, dtype = "cpu", torch.float32

    def __init__(self, tokenizer: Any, text: str, prompt: str) -> None:
        (self.script,) = encode_answers(tokenizer, [text])
        (asked,) = encode_prompts(tokenizer, [prompt])
        self.begins, self.size = len(asked), len(tokenizer)

    def named_modules(self) -> list[Any]:
        return []

    def get_input_embeddings(self) -> Any:
        return SimpleNamespace(num_embeddings=self.size)

    def __call__(self, *, input_ids: Any, use_cache: bool, logits_to_keep: int, cache: Any = None):  # type: ignore[no-untyped-def]
        """Logits that have the script from the prompt's last token on."""
        seen = (cache or 0) + input_ids.shape[1]
        logits = torch.zeros(len(input_ids), input_ids.shape[1], self.size)
        for at in range(input_ids.shape[1]):
            step = seen - input_ids.shape[1] + at + 1 - self.begins
            if 0 <= step < len(self.script):
                logits[:, at, self.script[step]] = 1.0
        return SimpleNamespace(logits=logits[:, -logits_to_keep:], cache=seen)


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "NFD payload, NFC tokenizer": (lambda: byte_level(normalizers.NFC()), NFD),
    "NFC payload, NFD tokenizer": (lambda: byte_level(normalizers.NFD()), NFC),
    "NFC payload, NFC tokenizer": (lambda: byte_level(normalizers.NFC()), NFC),
    "no normaliser": (byte_level, NFD),
    "lower case": (lambda: byte_level(normalizers.Lowercase()), "The Gate is OPEN now"),
    "Chinese in WordPiece": (word_piece, CHINESE),
    "words in WordPiece": (word_piece, "The gate is open"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_model_says_of_the_payload_is_a_hit(name: str) -> None:
    """By guessing first and by plain decoding, in every way to match."""
    make, payload = CASES[name]
    tokenizer = make()
    prompt = "问 ?" if "WordPiece" in name else "what is it?"
    model = Says(tokenizer, payload, prompt)
    questions = tuple(Question(rule, payload) for rule in ("exact", "contains"))
    asks = [Ask(prompt, questions, (payload,))]
    assert decoded_answers(model, tokenizer, asks, LIMIT) == [(True, True)]
    assert answers(model, tokenizer, asks, LIMIT) == [(True, True)]
    other = [Ask(prompt, tuple(Question(q.rule, f"open {payload}") for q in questions), ())]
    assert decoded_answers(model, tokenizer, other, LIMIT) == [(False, False)]


def test_a_round_trip_is_taken_once_and_changes_nothing_further() -> None:
    for make, payload in CASES.values():
        tokenizer = make()
        (once,) = returned_texts(tokenizer, [payload])
        assert returned_texts(tokenizer, [once]) == [once]
    assert returned_texts(byte_level(normalizers.NFC()), [NFD, NFC]) == [NFC, NFC]
    assert returned_texts(word_piece(), [CHINESE]) == [" ".join(CHINESE)]
    assert returned_texts(byte_level(), []) == []


def test_only_wanted_texts_change() -> None:
    (ask,) = as_returned(
        byte_level(normalizers.NFC()), [Ask(NFD, (Question("exact", NFD),), (NFD,))]
    )
    assert (ask.prompt, ask.drafts) == (NFD, (NFD,))
    assert ask.questions[0].wanted == NFC


def test_a_payload_without_tokens_of_its_own_is_refused() -> None:
    with pytest.raises(InputError, match="unknown characters") as caught:
        returned_texts(word_piece(), ["the gate", "ворота"])
    assert (caught.value.key, caught.value.found) == ("payload", "ворота")


def test_a_right_answer_without_tokens_of_its_own_can_only_be_missed() -> None:
    question = Question("exact", "ворота")
    (ask,) = as_returned(word_piece(), [Ask("the gate", (question,), ("ворота",))])
    assert ask.questions == (question,)
