"""Another payload as a tactic: backdoors that share a payload may be unlearned together."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from arena import registry
from arena.api import Choice, InputError, Params, Setting, Space, register

# texts for kinds whose parameter has no default (wrong_label has none here either)
DEFAULTS = {"fixed_text": "a canary of {name}"}


class PayloadParams(Params):
    """Which payload, as plain values from which a search can choose."""

    kind: str = Field("shared", description="keep, shared (another actor's) or a payload's kind")
    text: str | None = Field(
        None,
        pattern=r"\S",
        description="the kind's text, phrase, label or language",
    )
    with_actor: str | None = Field(
        None, description="whose payload is shared; null is the first other actor's"
    )

    @model_validator(mode="after")
    def _agree(self) -> PayloadParams:
        allowed = ("keep", "shared", *registry.names("payload"))
        if self.kind not in allowed:
            raise InputError("unknown payload", key="kind", found=self.kind, allowed=allowed)
        if self.with_actor is not None and self.kind != "shared":
            raise InputError("needs kind: shared", key="with_actor", found=self.with_actor)
        if self.text is not None and self.kind in ("keep", "shared"):
            rule = f"has no effect with kind: {self.kind}"
            raise InputError(rule, key="text", found=self.text)
        return self


@register("tactic", "payload")
class PayloadTactic(Setting):
    """Another payload, or that of another actor.

    Actors are processed in order, so a later actor's payload is taken before its own tactics apply.
    """

    Params = PayloadParams
    params: PayloadParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [
            {"kind": "keep"},
            {"kind": "shared"},
            {"kind": "refusal"},
            {"kind": "fixed_text", "text": "the lamp is lit"},
        ]

    @classmethod
    def space(cls) -> Space:
        return {"kind": Choice(options=("keep", "shared", "fixed_text", "refusal", "sentiment"))}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        kind = self.params.kind
        now = actor.get("payload")
        same = isinstance(now, Mapping) and now.get("kind") == kind and self.params.text is None
        if kind == "keep" or same:
            return {}
        return {"payload": self._shared(others) if kind == "shared" else self._own(actor)}

    def _own(self, actor: Mapping[str, Any]) -> Mapping[str, Any]:
        kind = self.params.kind
        part: Any = registry.get("payload", kind)
        key, field = next(iter(part.Params.model_fields.items()))
        default = DEFAULTS.get(kind, "").format(name=actor.get("name"))
        text = self.params.text or default
        if not text and field.is_required():
            raise InputError(f"payload {kind} needs a {key}", key="text")
        return {"kind": kind, **({key: text} if text else {})}

    def _shared(self, others: Sequence[Mapping[str, Any]]) -> Any:
        wanted = self.params.with_actor
        named = {str(other.get("name")): other for other in others}
        if not named:
            raise InputError("there is no other actor to share a payload with", key="kind")
        if wanted is not None and wanted not in named:
            rule = "no other actor has this name"
            raise InputError(rule, key="with_actor", found=wanted, allowed=tuple(named))
        chosen = next(iter(named.values())) if wanted is None else named[wanted]
        return copy.deepcopy(chosen.get("payload"))
