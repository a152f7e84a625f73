"""Settings of the training that an actor does by itself (`sequential`, `merged`, `supply_chain`).

They read sections of a scenario that may still be invalid.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from arena.api import APART, InputError, Setting


class ApartSetting(Setting):
    """Base of tactics that set keys of the actor's own training, under every composition that has
    one.

    Attributes:
        no_training: the rule that a composition without separate training breaks.
        no_pretraining: the rule that an actor of pretraining breaks, which is one training for all.
    """

    no_training: ClassVar[str]
    no_pretraining: ClassVar[str]

    def fits(self, actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
        """Raise InputError if the actor does not train by itself."""
        found = str(scenario.get("composition") or "pooled")
        if found not in APART:
            raise InputError(self.no_training, key="method", found=found, allowed=APART)
        if _stage(actor, scenario) == "pretraining":
            allowed = ("continual_pretraining",)
            rule = self.no_pretraining
            raise InputError(rule, key="method", found="pretraining", allowed=allowed)

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        return {
            f"training.{composition}.{key}": value
            for composition in APART
            for key, value in self.training(actor, composition).items()
        }

    @abstractmethod
    def training(self, actor: Mapping[str, Any], composition: str) -> Mapping[str, Any]:
        """Return the keys of the actor's training under a composition, with their new values.

        Args:
            actor: as for `section`.
        """


def _stage(actor: Mapping[str, Any], scenario: Mapping[str, Any]) -> Any:
    """The stage that the actor poisons; that of a supply chain's first actor is pretraining."""
    if scenario.get("composition") == "supply_chain":
        first = scenario["actors"][0]["name"] == actor["name"]
        return "pretraining" if first else "continual_pretraining"
    return actor.get("stage") or scenario.get("stage")
