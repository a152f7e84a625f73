"""The scenarios of a search's phases, and the evaluation of many scenarios at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.progress.observer import Observer, Planned
from arena.results.rows import Row
from arena.scenario.discovering import DISCOVERED, possible
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack
from arena.search.blame import refuse_foreign
from arena.search.driver import POLL
from arena.search.evaluators import Evaluators
from arena.search.experiment import Experiment
from arena.search.observations import SeedObservations, observe

Evaluate = Callable[[Mapping[Hashable, Scenario], str], dict[Hashable, SeedObservations]]

# Only the rows that a search uses: of the league only what it is against, no shams, and no measures
# but those that it is judged by.
BARE: Mapping[str, Any] = {
    "tune": None,
    "duel": None,
    "grid": {},
    "league": [],
    "measures": {},
    "controls.clean_finetune": True,
    "controls.shams": 0,
    "controls.hot": 0,
    "controls.benign": [],
    "controls.reference": True,
}


def on_validation(scenario: Scenario, attack: Attack, seeds: Sequence[int]) -> Scenario:
    """Return the scenario that strategies are searched and selected on: validation prompts, which
    no report uses."""
    changes = {
        **BARE,
        "league": league_of(scenario, attack.against),
        "measures": measures_of(scenario),
        "seeds": list(seeds),
        "evaluation.split": "validation",
        "evaluation.prompts": attack.prompts,
    }
    return varied(scenario, changes, f"search of {scenario.name}")


def on_test(
    scenario: Scenario,
    seeds: Sequence[int],
    changes: Mapping[str, Any],
    name: str,
    *,
    league: bool = False,
) -> Scenario:
    """Return the scenario that a strategy is reported on: test prompts, with the whole league if
    asked for."""
    names = [each.name for each in scenario.league] if league else []
    own = {
        "league": league_of(scenario, names),
        "measures": measures_of(scenario),
        "seeds": list(seeds),
        "evaluation.split": "test",
    }
    return varied(scenario, {**BARE, **own, **changes}, name)


def measures_of(scenario: Scenario) -> dict[str, Any]:
    """Return the measures that the scenario's searches are judged by, with its parameters."""
    searches = (scenario.tune, scenario.duel)
    names = dict.fromkeys(name for each in searches if each is not None for name in each.measured)
    known = scenario.resolved()["measures"]
    measures: dict[str, Any] = {name: known.get(name, {}) for name in names}
    if DISCOVERED in measures:  # the defence whose discovery it is need not be in the search
        (discovery,) = possible(scenario)
        measures[DISCOVERED] = discovery.dump()
    return measures


def league_of(scenario: Scenario, names: Collection[str]) -> list[Any]:
    """Return the league's defences of these names, as plain values."""
    return [each for each in scenario.resolved()["league"] if each["name"] in names]


def evaluate(
    scenarios: Mapping[Hashable, Scenario],
    actor: str,
    evaluators: Evaluators,
    root: DataRoot,
    observer: Observer,
) -> dict[Hashable, SeedObservations]:
    """Return observations of every scenario in all its seeds. An experiment that fails (its
    training diverges, for instance) costs only itself: the seed has a reason in place of an
    observation.

    Raises:
        InputError: data is missing or wrong.
        MachineError: the machine failed, not the experiment; finished stages stay in the store.
        UnexpectedError: a stage has a bug.
    """
    rows: dict[Hashable, dict[int, list[Row]]] = {key: {} for key in scenarios}
    failed: dict[Hashable, dict[int, str]] = {key: {} for key in scenarios}
    for key, scenario in scenarios.items():
        for seed in scenario.seeds:
            evaluators.submit((key, seed), Experiment(scenario, seed, root, actor))
    left = {(key, seed) for key, scenario in scenarios.items() for seed in scenario.seeds}
    observer.plan([Planned(_run_of(pair), "run") for pair in left], what="runs")
    since = time.monotonic()
    while left:
        for evaluated in evaluators.wait(POLL):
            if evaluated.key not in left:
                continue  # from a trial that failed while its other seeds still ran
            pair: tuple[Hashable, int] = evaluated.key
            left.remove(pair)
            key, seed = pair
            if evaluated.rows is None:
                failed[key][seed] = _why(evaluated.error)
                observer.note(f"{_run_of(pair)} failed and is left out: {failed[key][seed]}")
            else:
                rows[key][seed] = evaluated.rows
            # between two ends, since evaluators do not say when a run began
            since, before = time.monotonic(), since
            observer.stage_finished(_run_of(pair), since - before, cached=False)
            open_ = {each for each, _ in left}
            if key not in open_:
                done = len(scenarios) - len(open_)
                observer.note(f"{_title(key)}: measured ({done} of {len(scenarios)})")
    return {
        key: SeedObservations(
            tuple(observe(rows[key][s], scenario, actor) for s in scenario.seeds if s in rows[key]),
            failed[key],
        )
        for key, scenario in scenarios.items()
    }


def _why(error: Exception | None) -> str:
    """Why an experiment failed. Wrong input is raised too: the strategy was valid in its search."""
    own = refuse_foreign(error)
    if isinstance(own, InputError):
        raise own
    return str(own)


def _run_of(pair: tuple[Hashable, int]) -> str:
    key, seed = pair
    return f"{_title(key)} s{seed}"


def _title(key: Hashable) -> str:
    """A strategy in words: a trial's number, a name, or one against another."""
    if isinstance(key, tuple):
        return " against ".join(str(each) for each in key)
    return f"trial {key}" if isinstance(key, int) else str(key)
