"""A removal that ends at its doses: for a search, which does not show the curve after them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from arena.stages.along import Along, Watch, least, most, read_curve


@dataclass(frozen=True)
class AlongToDoses(Along):
    """Like Along, for the removal of a known trigger: it ends once `least` was reached and `most`,
    which the clean fine-tune's curve names, was passed."""

    def watch(self, **given: Any) -> Watch:
        made = super().watch(**given)
        last = most(read_curve(given["inputs"]["control"]), self.rule).step
        known = {field.name: getattr(made, field.name) for field in fields(made)}
        return WatchToDoses(**known, most=last)


@dataclass(kw_only=True)
class WatchToDoses(Watch):
    """most: step of that dose."""

    most: int

    @property
    def ended(self) -> bool:
        own = self.along.own
        assert own is not None
        passed = self.points[-1].step >= self.most
        return super().ended or (passed and least(self.points, own, self.along.rule).reached)
