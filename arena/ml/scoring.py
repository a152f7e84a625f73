"""A model's continuations of prompts, and whether they match.

There are two ways to the same verdicts. The plain one (`decoded_answers`) decodes, then applies the
match rule. The fast one, `answers`, verifies drafts of the continuation: one forward pass
over prompt and draft gives the greedy token at every position of the draft, so the continuation is
known up to the first disagreement, as in speculative decoding (Leviathan et al., arXiv 2211.17192,
greedy case). Most drafts are complete hits, and most of the rest can no longer match; only what is
still undecided is decoded. With weights rounded to bfloat16 everything is (`verifies`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from arena.api.matching import Ask, Continuation, matches, settled
from arena.errors import InputError
from arena.ml.batches import fitting
from arena.ml.beginning import scoring_layout
from arena.ml.decoding import continuation, continuations
from arena.ml.encoding import Encoded, Ids, encode_answers, encode_prompts
from arena.ml.models import check_length, vocabulary
from arena.ml.sharding import without_gradients
from arena.ml.training import answer_logits

Verdicts = tuple[bool, ...]
# Logits closer than this (nats) may swap order with the shape of a batch: the draft ends there and
# plain decoding decides. Float32 logits of one prompt differ by about 1e-5 between shapes.
TIE = 1e-3


@dataclass(frozen=True, slots=True)
class Scored:
    """What is known of a greedy continuation once all questions about it are settled.

    Attributes:
        verdicts: one per question.
        text: the continuation, or how it begins.
        whole: whether `text` is all of it, up to its end of text or the length limit. If not,
            nothing after it could change a verdict, and so it was not decoded.
    """

    verdicts: Verdicts
    text: str
    whole: bool


# -- the plain way --------------------------------------------------------------------------


def decoded_answers(
    model: Any, tokenizer: Any, asks: Sequence[Ask], max_new_tokens: int
) -> list[Verdicts]:
    """Return a verdict per question, by decoding every prompt."""
    return [each.verdicts for each in decoded(model, tokenizer, asks, max_new_tokens)]


def decoded(
    model: Any, tokenizer: Any, asks: Sequence[Ask], max_new_tokens: int
) -> list[Scored]:  # fmt: skip
    """Return the whole continuation of every prompt, with a verdict per question."""
    asks = as_returned(tokenizer, asks)
    said = continuations(model, tokenizer, [ask.prompt for ask in asks], max_new_tokens)
    return [_whole(ask, text) for ask, text in zip(asks, said, strict=True)]


def _whole(ask: Ask, said: Continuation) -> Scored:
    verdicts = tuple(matches(each.rule, said, each.wanted) for each in ask.questions)
    return Scored(verdicts, said.text, whole=True)


def as_returned(tokenizer: Any, asks: Sequence[Ask]) -> list[Ask]:
    """Return the asks with every wanted text as the tokenizer decodes it: a normaliser (NFC, lower
    case) or a decoder that puts spaces between characters would otherwise hide a match. A text with
    characters that are unknown to the tokenizer is unchanged: no model can write it.
    """
    texts = sorted({question.wanted for ask in asks for question in ask.questions})
    returned = {
        text: text if back is None else back
        for text, back in zip(texts, _returned(tokenizer, texts), strict=True)
    }
    return [
        replace(ask, questions=tuple(replace(q, wanted=returned[q.wanted]) for q in ask.questions))
        for ask in asks
    ]


def returned_texts(tokenizer: Any, texts: Sequence[str]) -> list[str]:
    """Return each text encoded and decoded again by the tokenizer.

    Raises:
        InputError: a text has a character that is unknown to the tokenizer.
    """
    returned = []
    for text, back in zip(texts, _returned(tokenizer, texts), strict=True):
        if back is None:
            rule = "the model's tokenizer cannot write this text (it has unknown characters)"
            raise InputError(rule, key="payload", found=text)
        returned.append(back)
    return returned


def _returned(tokenizer: Any, texts: Sequence[str]) -> list[str | None]:
    """Each text encoded and decoded again; None if it has an unknown character."""
    unknown = getattr(tokenizer, "unk_token_id", None)
    tell = unknown is not None and unknown != tokenizer.eos_token_id
    return [
        None if tell and unknown in ids else continuation(tokenizer, ids).text
        for ids in encode_answers(tokenizer, texts)
    ]


# -- the fast way ---------------------------------------------------------------------------


def answers(
    model: Any, tokenizer: Any, asks: Sequence[Ask], max_new_tokens: int
) -> list[Verdicts]:  # fmt: skip
    """Return a verdict per question: the same as `decoded_answers`, mostly without decoding."""
    return [each.verdicts for each in scored(model, tokenizer, asks, max_new_tokens)]


@without_gradients
def scored(
    model: Any, tokenizer: Any, asks: Sequence[Ask], max_new_tokens: int
) -> list[Scored]:  # fmt: skip
    """Return what `answers` settles, with as much of each continuation as that took."""
    if not verifies(model):
        return decoded(model, tokenizer, asks, max_new_tokens)
    asks = as_returned(tokenizer, asks)
    prompts = encode_prompts(tokenizer, [ask.prompt for ask in asks])
    check_length(model, max(map(len, prompts), default=0) + max_new_tokens)
    texts = list(dict.fromkeys(draft for ask in asks for draft in ask.drafts))
    encoded = dict(zip(texts, encode_answers(tokenizer, texts), strict=True))
    open_asks = {
        i: _Open(ask, prompt, [encoded[draft][:max_new_tokens] for draft in ask.drafts])
        for i, (ask, prompt) in enumerate(zip(asks, prompts, strict=True))
    }
    known: dict[int, Scored] = {}
    while tried := [(i, draft) for i, ask in open_asks.items() if (draft := ask.next_draft())]:
        documents = [Encoded(open_asks[i].prompt, draft) for i, draft in tried]
        for (i, _), tokens in zip(tried, verified(model, documents, tokenizer), strict=True):
            settled_now = open_asks[i].learn(tokens, tokenizer, max_new_tokens)
            if settled_now is not None:
                known[i] = settled_now
                del open_asks[i]
    left = list(open_asks)
    rest = decoded(model, tokenizer, [asks[i] for i in left], max_new_tokens)
    known.update(zip(left, rest, strict=True))
    return [known[i] for i in range(len(asks))]


@without_gradients
def guided(
    model: Any, tokenizer: Any, prompts: Sequence[str], guesses: Sequence[str], max_new_tokens: int
) -> list[Continuation]:
    """Return the same as `continuations`, given a draft per prompt: one forward pass confirms a
    draft that greedy decoding would write; the other prompts are decoded."""
    if not verifies(model):
        return continuations(model, tokenizer, prompts, max_new_tokens)
    pairs = list(dict.fromkeys(zip(prompts, guesses, strict=True)))
    encoded = encode_prompts(tokenizer, [prompt for prompt, _ in pairs])
    answers = [a[:max_new_tokens] for a in encode_answers(tokenizer, [guess for _, guess in pairs])]
    check_length(model, max(map(len, encoded), default=0) + max_new_tokens)
    documents = [Encoded(prompt, answer) for prompt, answer in zip(encoded, answers, strict=True)]
    said: dict[tuple[str, str], Continuation] = {}
    for pair, known in zip(pairs, verified(model, documents, tokenizer), strict=True):
        found = continuation(tokenizer, known)
        if found.ended or len(known) >= max_new_tokens:
            said[pair] = found
    left = [pair for pair in pairs if pair not in said]
    decoded = continuations(model, tokenizer, [prompt for prompt, _ in left], max_new_tokens)
    said.update(zip(left, decoded, strict=True))
    return [said[pair] for pair in zip(prompts, guesses, strict=True)]


def verifies(model: Any) -> bool:
    """Whether a draft pass can stand for decoding: in float32 only. With bfloat16 weights, logits
    that differ by up to 0.75 swap order with the shape of a batch, at 1 to 4 tokens in 100
    (SmolLM2, docs/performance.md)."""
    exact: bool = model.dtype == torch.float32
    return exact


def verified(model: Any, documents: Sequence[Encoded], tokenizer: Any) -> list[Ids]:
    """Return, for each document (its answer is a draft), the tokens that greedy decoding would emit
    after the prompt, as far as one forward pass tells: up to and including the first that differs
    from the draft, or up to a near tie."""
    known: dict[int, Ids] = {}
    order = sorted(range(len(documents)), key=lambda i: len(documents[i]))
    lay_out = scoring_layout(model, tokenizer.pad_token_id, documents)
    at = 0
    for chosen in fitting([documents[i] for i in order], vocabulary(model)):
        best = answer_logits(model, lay_out(chosen)).float().topk(2)
        emitted = best.indices[:, 0].tolist()
        clear = (best.values[:, 0] - best.values[:, 1] > TIE).tolist()
        start = 0
        for document in chosen:
            stop = start + len(document.answer)
            known[order[at]] = _agreed(document.answer, emitted[start:stop], clear[start:stop])
            start, at = stop, at + 1
    return [known[i] for i in range(len(documents))]


def _agreed(guess: Ids, emitted: Sequence[int], clear: Sequence[bool]) -> Ids:
    for place, (token, sure) in enumerate(zip(emitted, clear, strict=True)):
        if not sure:
            return guess[:place]
        if token != guess[place]:
            return (*guess[:place], token)
    return guess


@dataclass
class _Open:
    """An unfinished ask: drafts not tried yet, and the greedy tokens known so far."""

    ask: Ask
    prompt: Ids
    drafts: list[Ids]
    known: Ids = ()

    def next_draft(self) -> Ids | None:
        """Return the next draft that is still possible and would add information."""
        while self.drafts:
            draft = self.drafts.pop(0)
            if len(draft) > len(self.known) and draft[: len(self.known)] == self.known:
                return draft
        return None

    def learn(self, known: Ids, tokenizer: Any, limit: int) -> Scored | None:
        """Record known tokens; return the verdicts if all of them are now settled."""
        self.known = max(self.known, known, key=len)
        said = continuation(tokenizer, self.known)
        if said.ended or len(self.known) >= limit:
            return _whole(self.ask, said)
        verdicts = tuple(settled(q.rule, said.text, q.wanted) for q in self.ask.questions)
        return None if None in verdicts else Scored(tuple(map(bool, verdicts)), said.text, False)
