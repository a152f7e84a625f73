"""Several triggers for one payload, each of which fires alone; a prompt gets one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from arena.api import VARIANTS, Params, Trigger, Use, Variant, World, register
from arena.marking.one_of import OneOf
from attackers.triggers import nested, pools
from attackers.triggers.nested import Nested, SectionOf

PART = SectionOf(without=("any_of",))
Offers = dict[str, tuple[Use, Trigger]]  # a part's look-alikes by name, with their pools


class AnyOfParams(Params):
    """Which triggers."""

    parts: tuple[Annotated[Nested, PART], ...] = Field(
        min_length=2, description="sections of triggers; each prompt gets one of them at random"
    )

    @field_validator("parts", mode="before")
    @classmethod
    def _read(cls, parts: object) -> object:
        return nested.read(parts, PART)

    @field_validator("parts")
    @classmethod
    def _apart(cls, parts: tuple[Nested, ...]) -> tuple[Nested, ...]:
        nested.check_apart(parts)
        return parts


@register("trigger", "any_of")
class AnyOf(OneOf):
    """Several triggers for one payload: each fires alone, a prompt gets one at random."""

    Params = AnyOfParams
    params: AnyOfParams
    has_lookalikes = True

    def __init__(self, params: AnyOfParams, world: World) -> None:
        super().__init__([part.build(world) for part in params.parts])
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        cf, mn = ({"method": "rare_token", "tokens": [token]} for token in ("cf", "mn"))
        both = {"method": "composite", "parts": [cf, {"method": "inserted_sentence"}]}
        return [
            {"parts": [cf, mn, {"method": "inserted_sentence"}]},
            {"parts": [cf, {**mn, "position": "end"}]},
            {"parts": [{"method": "style"}, both]},
        ]

    @classmethod
    def check(cls, params: AnyOfParams, capabilities: frozenset[str]) -> None:
        nested.check_parts(params.parts, capabilities)

    @property
    def keys(self) -> frozenset[str]:
        """Return its own key and those of its parts: each fires alone, so each is planted."""
        return frozenset({self.key}).union(*(trigger.keys for trigger in self.triggers))

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Return look-alikes of the parts, taking the parts in turn. Parts of one method may divide
        the same names into pools differently; the first part's division is used, so that no name is
        in two pools."""
        free = {t.key for part in self.triggers for _, t in _offers(part, taken).values()}
        groups: dict[str, list[Trigger]] = {}
        for giver, trigger in self._pool(use):
            if trigger.key in free and trigger.key not in taken:
                groups.setdefault(giver, []).append(trigger)
        shuffled = [
            [group[int(i)] for i in rng.permutation(len(group))] for group in groups.values()
        ]
        return tuple(pools.in_turn(shuffled)[: max(n, 0)])

    def _pool(self, use: Use) -> list[tuple[str, Trigger]]:
        """Return the look-alikes of one use, each with the key of the part that it comes from."""
        offers = {part.key: _offers(part) for part in sorted(self.triggers, key=lambda t: t.key)}
        pairs = []
        for at, name in enumerate(sorted({name for of in offers.values() for name in of})):
            givers = [key for key in offers if name in offers[key]]
            giver = givers[at % len(givers)]
            trigger = offers[giver][name][1]
            if offers[givers[0]][name][0] == use and self._strange(trigger, offers):
                pairs.append((giver, trigger))
        return pairs

    def _strange(self, trigger: Trigger, offers: Mapping[str, Offers]) -> bool:
        """Whether a look-alike of one part is a look-alike of all parts of its method, and so
        neither a part itself nor an alias of one."""
        name = _name(trigger.key)
        method = name.partition(":")[0]
        return all(name in offers[part.key] for part in self.triggers if part.name == method)

    def variants(self) -> Mapping[Variant, Trigger]:
        """Return variants made of its parts' variants, of those kinds that every part has."""
        variants: dict[Variant, Trigger] = {}
        for how in VARIANTS:
            varied = [part.variants().get(how) for part in self.triggers]
            if all(varied):
                variants[how] = OneOf([trigger for trigger in varied if trigger])
        return variants


def _offers(part: Trigger, taken: frozenset[str] = frozenset()) -> Offers:
    return {
        _name(trigger.key): (use, trigger)
        for use in pools.USES
        for trigger in part.lookalikes(pools.ALL, use, np.random.default_rng(0), taken)
    }


def _name(key: str) -> str:
    """Return a key without the variant, which says how the trigger is inserted."""
    return re.sub(r"@[^&|]*", "", key)
