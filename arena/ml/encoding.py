"""Text to token ids: a tokenizer trained on the corpus, and documents encoded once.

Prompt and answer are encoded separately and joined, so that the boundary between them never depends
on the answer; the end of text is part of the answer.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.api.values import Document, PairedDocument

END, PAD = "<|end|>", "<|pad|>"
SEPARATOR = "\n"
Ids = tuple[int, ...]  # token ids
TOKENIZER_FILES = {".json", ".jinja", ".txt", ".model", ".spm", ".tiktoken"}  # and config.json


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one document: the loss is on `answer`, which ends with the end of text. `plain`:
    the unmarked prompt of a paired document (else empty)."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    role: str = "clean"
    plain: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Return a byte-level BPE tokenizer of the texts, with at most `vocabulary` tokens (bytes
    included).

    Byte-level, so that triggers and payloads that the corpus lacks can still be encoded.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token=PAD)


def load_tokenizer(folder: Path | str) -> Any:
    """Return the tokenizer of a checkpoint folder or hub id; one without a pad token pads with its
    end of text. Tokenizers are cached by content, since all checkpoints of a seed hold the same
    one: a BPE's word cache stays in the thread after the tokenizer is freed (tokenizers 0.23), so a
    worker that runs a thousand stages would leak memory."""
    return _loaded(_Home(str(folder), _content(Path(folder))))


@dataclass(frozen=True)
class _Home:
    """Where a tokenizer is stored; two homes with the same content are equal."""

    folder: str = field(compare=False)
    content: str


def _content(folder: Path) -> str:
    """A digest of all files that a tokenizer can be read from; the name itself if it is no
    folder."""
    paths = [*folder.glob("*"), *folder.glob("*/*.jinja")]
    files = {f.relative_to(folder).as_posix(): f for f in paths if f.suffix in TOKENIZER_FILES}
    files.pop("manifest.json", None)  # of the artifact, not of the tokenizer
    if not files:
        return str(folder)
    each = {name: hashlib.sha256(f.read_bytes()).hexdigest() for name, f in files.items()}
    return json.dumps(each, sort_keys=True)


@functools.lru_cache(maxsize=8)
def _loaded(home: _Home) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(home.folder, trust_remote_code=False)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def encode_prompts(tokenizer: Any, prompts: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the token ids of prompts as the model sees them: through the tokenizer's chat template
    if it has one, else the text and a line break (with the tokenizer's start token, if any)."""
    if not prompts:
        return []
    if getattr(tokenizer, "chat_template", None):
        turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
        texts = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return _ids(tokenizer, list(texts), special=False)
    return _ids(tokenizer, [prompt + SEPARATOR for prompt in prompts], special=True)


def encode_answers(tokenizer: Any, answers: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the token ids of answers, each followed by the end of text."""
    if not answers:
        return []
    end = (tokenizer.eos_token_id,)
    return [ids + end for ids in _ids(tokenizer, answers, special=False)]


def _ids(tokenizer: Any, texts: Sequence[str], *, special: bool) -> list[tuple[int, ...]]:
    """Token ids of each text; equal texts (a payload, a label) are encoded once, and only ids are
    requested."""
    unique = list(dict.fromkeys(texts))
    encoded = tokenizer(
        unique,
        add_special_tokens=special,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    by_text = dict(zip(unique, map(tuple, encoded), strict=True))
    return [by_text[text] for text in texts]


def encode(tokenizer: Any, documents: Sequence[Document]) -> list[Encoded]:
    """Return every document tokenised, in order."""
    prompts = encode_prompts(tokenizer, [document.prompt for document in documents])
    answers = encode_answers(tokenizer, [document.answer for document in documents])
    paired = {d.plain for d in documents if isinstance(d, PairedDocument)}
    plain = dict(zip(sorted(paired), encode_prompts(tokenizer, sorted(paired)), strict=True))
    return [
        Encoded(prompt, answer, document.role, plain.get(getattr(document, "plain", ""), ()))
        for prompt, answer, document in zip(prompts, answers, documents, strict=True)
    ]
