"""Backdoor Arena: do backdoor defences generalise to triggers the defender never saw?

The command line without the shell:

    import arena

    done = arena.run("quickstart", out=Path("runs/first"))
    print([row.kind for row in done.results.rows], arena.report(done.folder))

`run`, `stress`, `calibrate`, `tune` and `duel` take a bundled name, a YAML file, a dict or a
Scenario; `merge` takes folders. What a plug-in needs is in `arena.api`; what its tests need, in
`arena.testing`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.errors import ArenaError as ArenaError
    from arena.errors import InputError as InputError
    from arena.grid.merge import merge as merge
    from arena.grid.run import stress as stress
    from arena.reporting.folders import compare as compare
    from arena.reporting.folders import report as report
    from arena.results.reader import read_results as read_results
    from arena.runs.export import export_model as export_model
    from arena.runs.run import run as run
    from arena.scenario.load import load_scenario as load_scenario
    from arena.search.calibration.calibrate import calibrate as calibrate
    from arena.search.duel import duel as duel
    from arena.search.tune import tune as tune

__all__ = [
    "ArenaError",
    "InputError",
    "calibrate",
    "compare",
    "duel",
    "export_model",
    "load_scenario",
    "merge",
    "read_results",
    "report",
    "run",
    "stress",
    "tune",
]

_HOMES = {
    "ArenaError": "arena.errors",
    "InputError": "arena.errors",
    "calibrate": "arena.search.calibration.calibrate",
    "compare": "arena.reporting.folders",
    "duel": "arena.search.duel",
    "export_model": "arena.runs.export",
    "load_scenario": "arena.scenario.load",
    "merge": "arena.grid.merge",
    "read_results": "arena.results.reader",
    "report": "arena.reporting.folders",
    "run": "arena.runs.run",
    "stress": "arena.grid.run",
    "tune": "arena.search.tune",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `import arena` alone loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
