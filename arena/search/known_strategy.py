"""A strategy that is known before and only reported (`tune.strategy`)."""

from __future__ import annotations

from arena.errors import InputError
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Tune
from arena.search.constraints import beforehand, violated
from arena.search.strategy_spaces import Parameters, TacticSpace


def known_strategy(settings: Tune) -> Parameters | None:
    """Return the parameters of the known strategy; None if one is searched."""
    return None if settings.strategy is None else TacticSpace(settings).start(settings.strategy)


def refuse_above_budget(scenario: Scenario, settings: Tune) -> None:
    """Refuse a known strategy that exceeds its budget, which is known without running it.

    Raises:
        InputError: it exceeds `limits.written`, `limits.exposures` or `limits.attack_compute`.
    """
    params = known_strategy(settings)
    if params is None:
        return
    planned = varied(scenario, TacticSpace(settings).changes(params), "tune.strategy")
    for name in violated(beforehand(planned, settings)):
        rule = f"exceeds its limit (tune.limits.{name}: {getattr(settings.limits, name):g})"
        raise InputError(rule, key="tune.strategy")
