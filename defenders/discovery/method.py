"""Discovery by collapse, registered for scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from arena.api import Discoverer, Example, Library, Trigger, register
from defenders.discovery.search import check, discover, trigger_of
from defenders.discovery.shapes import Discovery, DiscoveryParams

FORWARD = 1 / 3  # of a training step's work on a document (Kaplan et al., 2001.08361, section 2.1)


@register("discovery", "collapse")
class CollapseDiscovery(Discoverer):
    """Finds what makes different prompts get the same answer: strings, frames, styles, topics."""

    Params = DiscoveryParams

    @classmethod
    def cost(cls, params: DiscoveryParams) -> float:
        return params.passes * FORWARD

    @classmethod
    def check(cls, params: DiscoveryParams, clean: Sequence[Example], library: Library) -> None:
        check(clean, library, params)

    def discover(
        self,
        model: Any,
        tokenizer: Any,
        clean: Sequence[Example],
        library: Library,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Return `Discovery` as JSON, with the best candidate's name or None as `found`."""
        discovery = discover(model, tokenizer, clean, library, self.params, rng)
        best = discovery.found
        return {
            **discovery.to_json(),
            "found": None if best is None else f"{best.kind} {best.text}",
        }

    def trigger(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> Trigger | None:
        best = Discovery.from_json(findings).found
        return None if best is None else trigger_of(best, library, clean)

    def triggers(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> tuple[Trigger, ...]:
        found = (each for each in Discovery.from_json(findings).candidates if each.above)
        return tuple(trigger_of(each, library, clean) for each in found)
