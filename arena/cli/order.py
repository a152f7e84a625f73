"""The commands in the order in which a person meets them."""

from __future__ import annotations

from typing import Any

from arena.cli.help import Group

ORDER = (
    "list", "show", "init", "validate", "calibrate", "run", "runs", "report", "samples", "export",
    "compare", "stress", "merge", "power", "tune", "duel", "models", "cache", "doctor", "schema",
)  # fmt: skip


class InOrder(Group):
    """A group that lists its commands by `ORDER`, and others after them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in order."""
        place = {name: number for number, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(place)))
