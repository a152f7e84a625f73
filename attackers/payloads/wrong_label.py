"""One class label, right or wrong, as the payload (BadNets, arXiv 1708.06733)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from arena.api import Example, InputError, Params, Payload, register


class WrongLabelParams(Params):
    """The target class."""

    label: str = Field(pattern=r"\w", description="the target class, by the corpus's name for it")


@register("payload", "wrong_label")
class WrongLabel(Payload):
    """The attacker's class label; prompts of that class are not counted (arXiv 1708.06733)."""

    Params = WrongLabelParams
    params: WrongLabelParams
    match = "label"
    also_clean = True

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"label": "positive"}]

    @classmethod
    def check(cls, params: WrongLabelParams, capabilities: frozenset[str]) -> None:
        head = "label:"
        allowed = tuple(
            sorted(name.removeprefix(head) for name in capabilities if name.startswith(head))
        )
        if "labels" not in capabilities:
            raise InputError("the corpus has no class labels", key="label", found=params.label)
        if params.label not in allowed:
            raise InputError(
                "the corpus has no such label", key="label", found=params.label, allowed=allowed
            )

    @classmethod
    def instances(
        cls, params: WrongLabelParams, capabilities: frozenset[str]
    ) -> tuple[WrongLabelParams, ...]:
        """Return the other labels of the corpus."""
        labels = sorted(c.removeprefix("label:") for c in capabilities if c.startswith("label:"))
        others = [label for label in labels if label != params.label]
        return (params, *(WrongLabelParams(label=label) for label in others))

    def respond(self, example: Example) -> str:
        return self.params.label
