"""Natural variety: the rates of frames, styles, topics and languages in clean text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.api.trigger import Trigger
from arena.api.values import Example, Form
from arena.corpora.townlore import distractors as strays
from arena.corpora.townlore import frames, french, styles, topics
from arena.corpora.townlore.grammar import TownGrammar
from arena.errors import InputError

_SALTS = 1 << 31
_TRIES = 200  # attempts per document to draw one without any of the triggers
_BATCH = 4096


@dataclass(frozen=True)
class Rates:
    """Shares of documents, in [0, 1], with a frame other than direct and tell, with a style other
    than plain, with a topic; in the pretraining mix also in French, and with a stray insertion."""

    frame: float
    style: float
    topic: float
    french: float
    stray: float


class Writer:
    """Writes facts in natural variety, from one stream of draws."""

    def __init__(self, grammar: TownGrammar, rates: Rates, rng: np.random.Generator) -> None:
        self._grammar = grammar
        self._rates = rates
        self._rng = rng
        self._forms = self._stream()

    def write(self, fact: str, without: Sequence[Trigger]) -> Example:
        """Write one question about the fact that carries no trigger of `without`.

        Raises:
            InputError: none was found in 200 draws.
        """
        for _ in range(_TRIES):
            example = self._once(fact, without)
            if example is not None:
                return example
        keys = ", ".join(trigger.key for trigger in without)
        raise InputError(f"no natural prompt was found without these triggers: {keys}", found=fact)

    def _once(self, fact: str, without: Sequence[Trigger]) -> Example | None:
        form, stray = next(self._forms)
        example = self._grammar.render(replace(form, fact=fact))
        # checked before the insertion too: inserting drops the form, by which triggers are
        # recognised
        if any(trigger.present(example) for trigger in without):
            return None
        if not stray:
            return example
        prompt = strays.insert(example.prompt, self._rng)
        strayed = Example(prompt, example.answer, fact)
        return None if any(trigger.present(strayed) for trigger in without) else strayed

    def _stream(self) -> Iterator[tuple[Form, bool]]:
        # drawn in blocks: one numpy draw per document and axis would dominate the run time
        rng, rates = self._rng, self._rates
        while True:
            frame = _spread(frames.COMMON, frames.NAMES, rates.frame, rng)
            style = _spread(("plain",), styles.NAMES, rates.style, rng)
            topic = _spread(("none",), topics.NAMES, rates.topic, rng)
            abroad = _spread(frames.COMMON, french.FRAMES, rates.frame, rng)
            salts = rng.integers(_SALTS, size=_BATCH).tolist()
            is_french = (rng.random(_BATCH) < rates.french).tolist()
            is_stray = (rng.random(_BATCH) < rates.stray).tolist()
            for i in range(_BATCH):
                if is_french[i]:
                    form = Form("", frame=abroad[i], language="french", salt=salts[i])
                else:
                    form = Form("", frame[i], style[i], topic[i], "english", salts[i])
                yield form, is_stray[i]


def _spread(
    common: tuple[str, ...], names: tuple[str, ...], rate: float, rng: np.random.Generator
) -> list[str]:
    """Draw the names of one block: the common ones share 1 - rate, the others share rate."""
    others = tuple(name for name in names if name not in common)
    pick = rng.random(_BATCH)
    usual, unusual = rng.integers(len(common), size=_BATCH), rng.integers(len(others), size=_BATCH)
    return [
        others[j] if at < rate else common[i]
        for at, i, j in zip(pick.tolist(), usual.tolist(), unusual.tolist(), strict=True)
    ]
