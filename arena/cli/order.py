"""The commands in the order in which a person meets them."""

from __future__ import annotations

from typing import Any

from arena.cli.help import Group
from arena.scenario import bundled

ORDER = (
    "list", "show", "init", "validate", "calibrate", "run", "runs", "report", "view", "samples",
    "export", "compare", "stress", "merge", "power", "tune", "duel", "models", "cache",
    "doctor", "schema",
)  # fmt: skip


class InOrder(Group):
    """A group that lists its commands by `ORDER`, and others after them."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of this name; a scenario's name in its place gets a hint."""
        found = super().get_command(ctx, cmd_name)
        if found is None and not ctx.resilient_parsing and cmd_name in bundled.names():
            ctx.fail(f"No such command '{cmd_name}'. It is a scenario: arena run {cmd_name}")
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in order."""
        place = {name: number for number, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(place)))
