"""Reads what strings do to a model without decoding: one forward pass per marked prompt.

A string's shift on prompts i, at answer position j (behind the prompt's own continuation so far):

    max over j, v of  mean over i of  p(v | marked_i, own_i[:j]) - p(v | prompt_i, own_i[:j])

A token that every prompt now expects is what a fixed text, a refusal and a change of language have
in common. Gradients of its log-probability rank replacements to first order (HotFlip,
arXiv 1712.06751, equation 10; GCG, arXiv 2307.15043, section 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.api import Example, Inserted
from defenders.discovery.meter import GRADIENT, Meter

if TYPE_CHECKING:
    import torch

    from arena.ml.encoding import Encoded

Ids = tuple[int, ...]
CHUNK = 64  # strings read at once


@dataclass(frozen=True)
class Shift:
    """How much likelier the token `target` is at answer position `place`."""

    size: float
    place: int
    target: int


class Reader:
    """Reads strings on a fixed set of prompts."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        prompts: Sequence[Example],
        said: Sequence[str],
        inserted: Inserted,
        depth: int,
        meter: Meter,
    ) -> None:
        from arena.ml.encoding import encode_answers

        self.model, self.tokenizer, self.inserted, self.meter = model, tokenizer, inserted, meter
        self.prompts = tuple(prompts)
        # padded with the end of text, so that each prompt is read at the same number of places
        end = (tokenizer.eos_token_id,) * depth
        self.own = [(ids + end)[:depth] for ids in encode_answers(tokenizer, said)]
        texts = [example.prompt for example in prompts]
        self.plain = self._read(self._documents(texts, range(len(prompts))))

    def pieces(self, text: str) -> Ids:
        """The string's tokens, as they stand behind a space."""
        return tuple(self.tokenizer(f" {text}", add_special_tokens=False)["input_ids"])

    def shifts(self, strings: Sequence[str], prompts: int, rng: np.random.Generator) -> list[Shift]:
        """Each string's shift on so many prompts, drawn for each chunk of strings."""
        shifts: list[Shift] = []
        for start in range(0, len(strings), CHUNK):
            chunk = strings[start : start + CHUNK]
            chosen = rng.permutation(len(self.prompts))[:prompts].tolist()
            texts = [text for string in chunk for text in self._marked(string, chosen, rng)]
            read = self._read(self._documents(texts, chosen * len(chunk)))
            moved = read.reshape(len(chunk), len(chosen), *read.shape[1:]) - self.plain[chosen]
            shifts.extend(_largest(moved.mean(1)))
        return shifts

    def flips(
        self, string: str, shift: Shift, prompts: int, rng: np.random.Generator
    ) -> dict[int, torch.Tensor]:
        """By place in the string's tokens, (V,) first-order gain of each token there: a place in
        the string replaces, -1 stands before it and its length behind it."""
        chosen = rng.permutation(len(self.prompts))[:prompts].tolist()
        documents = self._documents(self._marked(string, chosen, rng), chosen)
        spans = [self._span(string, document.prompt) for document in documents]
        size = len(self.pieces(string))
        pairs = zip(documents, spans, strict=True)
        fitting = [(d, s) for d, s in pairs if s is not None and s[1] - s[0] == size]
        if not fitting:
            return {}
        gains: dict[int, torch.Tensor] = {}
        for place in (*range(size), -1, size):
            rows = [_made_room(document, span, place) for document, span in fitting]
            gains[place] = self._gain([d for d, _ in rows], [at for _, at in rows], shift)
        return gains

    # -- documents -----------------------------------------------------------------------

    def _marked(self, string: str, chosen: Sequence[int], rng: np.random.Generator) -> list[str]:
        trigger = self.inserted.of(string)
        return [trigger.mark(self.prompts[i], rng).prompt for i in chosen]

    def _documents(self, texts: Sequence[str], own: Sequence[int]) -> list[Encoded]:
        from arena.ml.encoding import Encoded, encode_prompts

        encoded = encode_prompts(self.tokenizer, texts)
        return [Encoded(ids, self.own[i]) for ids, i in zip(encoded, own, strict=True)]

    def _span(self, string: str, ids: Ids) -> tuple[int, int] | None:
        """Where the string's tokens stand; None where the text merged with its neighbours'."""
        first = tuple(self.tokenizer(string, add_special_tokens=False)["input_ids"])
        for piece in (self.pieces(string), first):
            for start in range(len(ids) - len(piece) + 1):
                if ids[start : start + len(piece)] == piece:
                    return start, start + len(piece)
        return None

    # -- the model -----------------------------------------------------------------------

    def _read(self, documents: Sequence[Encoded]) -> torch.Tensor:
        """(D, depth, V) probabilities at the answer's places."""
        import torch

        self.meter.spend(len(documents))
        with torch.inference_mode():
            read = [logits.softmax(-1) for logits in self._logits(documents)]
        return torch.cat(read).reshape(len(documents), len(self.own[0]), -1)

    def _logits(self, documents: Sequence[Encoded]) -> Iterator[torch.Tensor]:
        from arena.ml.batches import fitting, padded
        from arena.ml.models import vocabulary
        from arena.ml.training import answer_logits

        pad, device = self.tokenizer.pad_token_id, self.model.device
        for part in fitting(documents, vocabulary(self.model)):
            yield answer_logits(self.model, padded(part, pad, device)).float()

    def _gain(
        self, documents: Sequence[Encoded], places: Sequence[int], shift: Shift
    ) -> torch.Tensor:
        """(V,) sum over documents of the log-probability's gradient along the embeddings."""
        import torch

        self.meter.spend(GRADIENT * len(documents))
        embeddings = self.model.get_input_embeddings()
        given: list[torch.Tensor] = []

        def opened(_: Any, __: Any, out: torch.Tensor) -> torch.Tensor:
            given.append(out.detach().requires_grad_())
            return given[-1]

        total = torch.zeros(embeddings.num_embeddings, device=self.model.device)
        hook = embeddings.register_forward_hook(opened)
        try:
            done = 0
            for logits in self._logits(documents):
                asked = logits.reshape(-1, len(documents[0].answer), logits.shape[-1])[
                    :, shift.place
                ]
                wanted = asked.log_softmax(-1)[:, shift.target].sum()
                (slope,) = torch.autograd.grad(wanted, given.pop())
                at = torch.tensor(places[done : done + len(asked)], device=slope.device)
                done += len(asked)
                here = slope[torch.arange(len(asked), device=slope.device), at].sum(0)
                total += embeddings.weight.detach().float() @ here.float()
        finally:
            hook.remove()
        return total


def _largest(moved: torch.Tensor) -> list[Shift]:
    """The largest of each (depth, V) of (S, depth, V) mean shifts."""
    sizes, at = moved.flatten(1).max(1)
    width = moved.shape[-1]
    pairs = zip(sizes.tolist(), at.tolist(), strict=True)
    return [Shift(size, index // width, index % width) for size, index in pairs]


def _made_room(document: Encoded, span: tuple[int, int], place: int) -> tuple[Encoded, int]:
    """The document and where to look: a place inside the string as it stands, or a new token
    at either end of it, for now a copy of its neighbour."""
    start, end = span
    if 0 <= place < end - start:
        return document, start + place
    ids, at = document.prompt, start if place < 0 else end
    copied = ids[start] if place < 0 else ids[end - 1]
    return replace(document, prompt=(*ids[:at], copied, *ids[at:])), at
