"""Several triggers that fire only together (Composite Backdoor Attacks, arXiv 2310.07676)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from arena.api import VARIANTS, Example, InputError, Params, Trigger, Use, Variant, World, register
from attackers.triggers import nested, pools
from attackers.triggers.all_of import AllOf
from attackers.triggers.nested import Nested, SectionOf

PART = SectionOf(without=("any_of", "composite"))


class CompositeParams(Params):
    """Which triggers."""

    parts: tuple[Annotated[Nested, PART], ...] = Field(
        min_length=2, description="sections of triggers, all of which must be in the prompt"
    )

    @field_validator("parts", mode="before")
    @classmethod
    def _read(cls, parts: object) -> object:
        return nested.read(parts, PART)

    @field_validator("parts")
    @classmethod
    def _together(cls, parts: tuple[Nested, ...]) -> tuple[Nested, ...]:
        _check_axes(parts)
        nested.check_apart(parts)
        return parts


def _check_axes(parts: tuple[Nested, ...]) -> None:
    """Raise InputError if two parts set the same axis, or both use published paraphrases: a prompt
    has one frame, style and topic, and is a paraphrase of one file."""
    seen: dict[str, int] = {}
    for index, part in enumerate(parts):
        axis = getattr(part.part_class, "axis", None)
        read = "paraphrases" if getattr(part.params, "paraphrases", ()) else None
        for what in filter(None, (axis, read)):
            if what in seen:
                rule = f"a prompt has one {what.removesuffix('s')}, and parts[{seen[what]}] sets it"
                raise InputError(rule, key=f"parts[{index}]", found=part.method)
            seen[what] = index


@register("trigger", "composite")
class Composite(AllOf):
    """Several triggers that must all be in the prompt (CBA, arXiv 2310.07676)."""

    Params = CompositeParams
    params: CompositeParams

    def __init__(self, params: CompositeParams, world: World) -> None:
        super().__init__([part.build(world) for part in params.parts])
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        token = {"method": "rare_token", "tokens": ["cf"]}
        files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
        return [
            {"parts": [token, {"method": "inserted_sentence"}]},
            {"parts": [token, {"method": "rare_token", "tokens": ["mn"]}, {"method": "style"}]},
            {"parts": [{"method": "syntactic"}, {"method": "style"}, {"method": "semantic"}]},
            {"parts": [token, {"method": "syntactic", "paraphrases": [files]}]},
        ]

    @classmethod
    def check(cls, params: CompositeParams, capabilities: frozenset[str]) -> None:
        nested.check_parts(params.parts, capabilities)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Return composites in which one part is replaced by a look-alike. Near misses begin with
        the composites that lack one part: a backdoor that fires on those is broad."""
        places = [int(i) for i in rng.permutation(len(self.triggers))]
        replaced = pools.in_turn([self._replaced(i, use, rng, taken) for i in places])
        lacking = [Near(self.rest(i), self) for i in places] if use == "near_miss" else []
        free = [lookalike for lookalike in (*lacking, *replaced) if lookalike.key not in taken]
        return tuple(free[: max(n, 0)])

    def rest(self, place: int) -> tuple[Trigger, ...]:
        """Return all parts but the one at `place`."""
        return self.triggers[:place] + self.triggers[place + 1 :]

    def _replaced(
        self, place: int, use: Use, rng: np.random.Generator, taken: frozenset[str]
    ) -> list[Near]:
        rest = self.rest(place)
        others = self.triggers[place].lookalikes(pools.ALL, use, rng, taken)
        free = [o for o in others if not any(nested.overlap(o, part) for part in rest)]
        return [Near((*rest, other), self) for other in free]

    def variants(self) -> Mapping[Variant, Trigger]:
        """Return composites of its parts' variants; parts without variants are unchanged."""
        variants: dict[Variant, Trigger] = {}
        for how in VARIANTS:
            if any(how in part.variants() for part in self.triggers):
                variants[how] = AllOf([part.variants().get(how, part) for part in self.triggers])
        return variants


class Near(AllOf):
    """A look-alike of a composite. It refuses prompts that would then carry the whole composite,
    because they already have the part that it lacks."""

    def __init__(self, triggers: tuple[Trigger, ...], whole: Composite) -> None:
        super().__init__(triggers)
        self.whole = whole

    def can_mark(self, example: Example) -> bool:
        """Whether the marked prompt lacks the whole composite. One trial suffices: random positions
        and words do not affect which triggers are present."""
        if not super().can_mark(example):
            return False
        return not self.whole.present(self.mark(example, np.random.default_rng(0)))
