"""Backdoor Arena: do backdoor defences generalise to triggers the defender never saw?

`from arena import load_scenario, run, stress` is the command line without the shell.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.grid.run import stress as stress
    from arena.runs.run import run as run
    from arena.scenario.load import load_scenario as load_scenario

_HOMES = {
    "load_scenario": "arena.scenario.load",
    "run": "arena.runs.run",
    "stress": "arena.grid.run",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `import arena` alone loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
