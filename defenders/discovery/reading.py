"""The effect of a string on a model without decoding: one forward pass per marked prompt.

A string's shift over prompts i, at answer position j (after the prompt's own continuation so far):

    max over j, v of  mean over i of  p(v | marked_i, own_i[:j]) - p(v | prompt_i, own_i[:j])

A fixed text, a refusal and a change of language have in common that one token becomes likely after
every prompt. Gradients of its log-probability rank replacements of the string's tokens to first
order (HotFlip, arXiv 1712.06751, equation 10; GCG, arXiv 2307.15043, section 2.2).
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
CHUNK = 64  # strings in one batch


@dataclass(frozen=True)
class Shift:
    """The increase `size` in probability, in [-1, 1], of the token `target` at answer position
    `place`."""

    size: float
    place: int
    target: int


class Reader:
    """Measures strings on a fixed set of prompts.

    Args:
        said: the prompts' own continuations, aligned. depth: answer tokens that are read.
    """

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
        # padded with the end of text, so that each prompt has the same number of positions
        end = (tokenizer.eos_token_id,) * depth
        self.own = [(ids + end)[:depth] for ids in encode_answers(tokenizer, said)]
        texts = [example.prompt for example in prompts]
        self.plain = self._read(self._documents(texts, range(len(prompts))))

    def pieces(self, text: str) -> Ids:
        """Return the string's tokens, as they are after a space."""
        return tuple(self.tokenizer(f" {text}", add_special_tokens=False)["input_ids"])

    def shifts(self, strings: Sequence[str], prompts: int, rng: np.random.Generator) -> list[Shift]:
        """Return each string's shift, on `prompts` prompts drawn for each chunk of strings.

        Raises:
            ArenaError: the budget is too small.
        """
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
        """Return, by position in the string, the first-order gain (V,) of each token there. A token
        at a position within the string is replaced; -1 inserts before the string, its length after
        it."""
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
        """Return where the string's tokens are; None where they merged with neighbouring text."""
        first = tuple(self.tokenizer(string, add_special_tokens=False)["input_ids"])
        for piece in (self.pieces(string), first):
            for start in range(len(ids) - len(piece) + 1):
                if ids[start : start + len(piece)] == piece:
                    return start, start + len(piece)
        return None

    # -- the model -----------------------------------------------------------------------

    def _read(self, documents: Sequence[Encoded]) -> torch.Tensor:
        """Return the probabilities (D, depth, V) at the answer's positions."""
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
        """Return, for each token, the sum over documents of the gradient of the target's
        log-probability along that token's embedding, (V,)."""
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
                by_document = logits.reshape(-1, len(documents[0].answer), logits.shape[-1])
                at_place = by_document[:, shift.place]
                target = at_place.log_softmax(-1)[:, shift.target].sum()
                (slope,) = torch.autograd.grad(target, given.pop())
                at = torch.tensor(places[done : done + len(at_place)], device=slope.device)
                done += len(at_place)
                here = slope[torch.arange(len(at_place), device=slope.device), at].sum(0)
                total += embeddings.weight.detach().float() @ here.float()
        finally:
            hook.remove()
        return total


def _largest(moved: torch.Tensor) -> list[Shift]:
    """Return the largest shift of each string, from mean shifts (S, depth, V) of S strings."""
    sizes, at = moved.flatten(1).max(1)
    width = moved.shape[-1]
    pairs = zip(sizes.tolist(), at.tolist(), strict=True)
    return [Shift(size, index // width, index % width) for size, index in pairs]


def _made_room(document: Encoded, span: tuple[int, int], place: int) -> tuple[Encoded, int]:
    """Return the document and the position to read: a position inside the unchanged string, or a
    new token at either end of it, initially a copy of its neighbour."""
    start, end = span
    if 0 <= place < end - start:
        return document, start + place
    ids, at = document.prompt, start if place < 0 else end
    copied = ids[start] if place < 0 else ids[end - 1]
    return replace(document, prompt=(*ids[:at], copied, *ids[at:])), at
