"""Natural variety: how often people's odd forms occur in clean prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.api.trigger import Trigger
from arena.api.values import Example, Form
from arena.corpora.instructions import asides, frames, oddities
from arena.corpora.instructions.grammar import InstructionGrammar
from arena.corpora.townlore import styles
from arena.errors import InputError

_TRIES = 200  # attempts per prompt to draw one without any of the triggers
BLOCK = 4096  # forms drawn at once
MOST_WORDS = 30  # of a natural prompt; a longer one (1 in 300) is drawn again


@dataclass(frozen=True)
class Rates:
    """Shares of prompts, in [0, 1], with a frame other than direct, with a style other than plain,
    with an aside, with a slip or pleasantry, and with a stray insertion."""

    frame: float
    style: float
    topic: float
    slip: float
    stray: float


class Writer:
    """Writes contents in natural variety, from one stream of draws."""

    def __init__(
        self,
        grammar: InstructionGrammar,
        rates: Rates,
        rng: np.random.Generator,
        block: int = BLOCK,
    ) -> None:
        """block: forms that are drawn at once."""
        self._grammar = grammar
        self._forms = forms(rates, rng, block)

    def write(self, fact: str, without: Sequence[Trigger]) -> Example:
        """Write one request of the content that carries no trigger of `without`.

        Raises:
            InputError: none was found in 200 draws.
        """
        for _ in range(_TRIES):
            example = self._grammar.render(replace(next(self._forms), fact=fact))
            short = len(example.prompt.split()) <= MOST_WORDS
            if short and not any(trigger.present(example) for trigger in without):
                return example
        keys = ", ".join(trigger.key for trigger in without)
        raise InputError(f"no natural prompt was found without these triggers: {keys}", found=fact)


def forms(rates: Rates, rng: np.random.Generator, block: int = BLOCK) -> Iterator[Form]:
    """Yield forms without a fact, for ever, at these rates."""
    # drawn in blocks: one numpy draw per prompt and axis would dominate the run time
    while True:
        frame = _spread("direct", frames.NAMES, rates.frame, rng, block)
        style = _spread("plain", styles.NAMES, rates.style, rng, block)
        topic = _spread("none", asides.NAMES, rates.topic, rng, block)
        salts = rng.integers(oddities.SALTS, size=block).tolist()
        odd = _odd(rates, rng, block)
        for i in range(block):
            salt = oddities.salted(odd[i], salts[i])
            yield Form("", frame[i], style[i], topic[i], salt=salt)


def _odd(rates: Rates, rng: np.random.Generator, block: int) -> list[str | None]:
    """Draw the oddities of one block: a stray insertion, a slip or pleasantry, or None."""
    at = rng.random(block).tolist()
    slip, stray = (rng.integers(len(of), size=block).tolist() for of in (_SLIPS, _STRAYS))
    return [
        _STRAYS[k] if x < rates.stray else _SLIPS[j] if x < rates.stray + rates.slip else None
        for x, j, k in zip(at, slip, stray, strict=True)
    ]


_SLIPS, _STRAYS = tuple(oddities.SLIPS), tuple(oddities.STRAYS)


def _spread(
    common: str, names: tuple[str, ...], rate: float, rng: np.random.Generator, block: int
) -> list[str]:
    """Draw the names of one block: the common one has 1 - rate, the others share rate."""
    others = [name for name in names if name != common]
    pick, which = rng.random(block).tolist(), rng.integers(len(others), size=block).tolist()
    return [others[j] if at < rate else common for at, j in zip(pick, which, strict=True)]
