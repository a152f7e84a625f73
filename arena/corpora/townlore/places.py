"""The places of the fictional world, their attributes, and the split of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from arena import seeds
from arena.corpora.townlore import facts as lore
from arena.errors import InputError

MOST_PLACES = len(lore.STEMS) * len(lore.SUFFIXES)
# Shares of the places held out for validation and for test; the rest is for training.
HELD_OUT = 0.15


@dataclass(frozen=True)
class Lore:
    """The value of each stem and each suffix, by attribute: {emblem: {Dun: lion}}.

    Each half of a name belongs to one of `kinds` kinds, evenly, and a kind has a value for every
    attribute. A small model can learn the kind of a half and the values of a kind, and so answer
    for unseen places. Given only the attribute, kinds^2 answers are about equally likely.
    """

    stem: Mapping[str, Mapping[str, str]]
    suffix: Mapping[str, Mapping[str, str]]

    def values(self, fact: str) -> tuple[str, str, str, str]:
        """Return place, attribute, stem's value and suffix's value of a fact `Dun-mere/emblem`.

        Raises:
            InputError: no such place or attribute.
        """
        place, _, attribute = fact.partition("/")
        stem, _, suffix = place.partition("-")
        try:
            return place, attribute, self.stem[attribute][stem], self.suffix[attribute][suffix]
        except KeyError:
            raise InputError("townlore has no such fact", found=fact) from None


@dataclass(frozen=True)
class Places:
    """Place names by split, in a drawn order."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    lore: Lore = field(repr=False)


def facts(places: tuple[str, ...]) -> tuple[str, ...]:
    """Return every content of these places: `Dun-mere/emblem`, ..."""
    return tuple(f"{place}/{attribute}" for place in places for attribute in lore.ATTRIBUTES)


def draw_lore(kinds: int, seed: int) -> Lore:
    """Draw the world of a seed: the kinds of halves, and the values of kinds."""
    rng = seeds.rng(seed, "townlore", "lore")
    return Lore(
        stem=_carried(lore.STEMS, {a: v.stem for a, v in lore.ATTRIBUTES.items()}, kinds, rng),
        suffix=_carried(
            lore.SUFFIXES, {a: v.suffix for a, v in lore.ATTRIBUTES.items()}, kinds, rng
        ),
    )


def draw_places(count: int, kinds: int, seed: int) -> Places:
    """Draw `count` places of a seed, split 70 / 15 / 15; every half of a name in use is in train.

    A smaller world uses fewer halves (about twice as many stems as suffixes), so that each still
    occurs in several places.
    """
    rng = seeds.rng(seed, "townlore", "places")
    wide = min(len(lore.STEMS), 2 * math.ceil(math.sqrt(count / 2)))
    high = math.ceil(count / wide)
    stems = rng.permutation(lore.STEMS)[:wide]
    suffixes = rng.permutation(lore.SUFFIXES)[:high]
    grid = [
        f"{stem}-{suffixes[(i + j) % high]}" for j in range(high) for i, stem in enumerate(stems)
    ]
    # the first row of the grid has every stem and every suffix, so it goes to train
    cover, rest = grid[:wide], list(rng.permutation(grid[wide:]))[: count - wide]
    held = round(count * HELD_OUT)
    validation, test, more = rest[:held], rest[held : 2 * held], rest[2 * held :]
    train = rng.permutation([*cover, *more])
    return Places(_names(train), _names(validation), _names(test), draw_lore(kinds, seed))


def _carried(
    halves: tuple[str, ...],
    values: Mapping[str, tuple[str, ...]],
    kinds: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, str]]:
    kind = dict(zip(halves, rng.permutation(np.resize(np.arange(kinds), len(halves))), strict=True))
    drawn = {attribute: rng.permutation(names) for attribute, names in values.items()}
    return {a: {half: str(drawn[a][kind[half]]) for half in halves} for a in values}


def _names(places: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(place) for place in places)
