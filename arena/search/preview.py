"""The plan of a search, shown before it starts: its phases, their experiments, their time.

An experiment is one strategy in one seed. Which strategies a search proposes is not known before,
so one from the middle of the space stands for all, and a phase's first seed for its others. Stages
that the strategy has in common with the scenario as it is (clean data, base model, reference) run
once per seed, the rest once per experiment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.table import Table

from arena.api.world import DataRoot
from arena.execution.calibrate import seconds_of_step
from arena.execution.execute import needed
from arena.execution.footprint import Memory, Weights, in_words, memory_of, weights_of
from arena.execution.timings import Work, estimate, known, model_key, remember_step
from arena.planning.plan import plan_seed
from arena.progress.forecast import coarse
from arena.progress.observer import Note, silent
from arena.runs.answers import with_stored_answers
from arena.runs.work import ready, room
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, Duel, Tune
from arena.search.experiment import Experiment, part_of
from arena.search.known_strategy import known_strategy, refuse_above_budget
from arena.search.phases import on_test, on_validation
from arena.search.strategy_spaces import DefenceSpace, StrategySpace, TacticSpace
from arena.store.store import Store

EARLY = "; a strategy that is given up early takes less"


@dataclass(frozen=True)
class Phase:
    """Strategies that are measured in the same seeds.

    Attributes:
        name: in words. strategies: at most so many.
        plain: the scenario as it is, on the phase's prompts and seeds.
        typical: the same with a strategy from the middle of the space.
        actor: the adaptive one.
    """

    name: str
    strategies: int
    plain: Scenario
    typical: Scenario
    actor: str

    @property
    def experiments(self) -> int:
        """Return the number of experiments, at most."""
        return self.strategies * len(self.plain.seeds)


@dataclass(frozen=True)
class PhaseOutline:
    """A phase with its work. shared: stages that run once per seed; own: those of one experiment.
    seconds: expected at most, None if nothing was timed on this machine. checkpoints: stored, at
    most."""

    phase: Phase
    shared: int
    own: int
    seconds: float | None
    checkpoints: int = 0


@dataclass(frozen=True)
class SearchOutline:
    """The plan of a search. workers: experiments that run at the same time. memory, weights: None
    if unknown."""

    phases: tuple[PhaseOutline, ...]
    workers: int
    memory: Memory | None = None
    weights: Weights | None = None

    @property
    def disk(self) -> int | None:
        """The bytes of the checkpoints that will be stored, at most; None if unknown."""
        checkpoints = sum(phase.checkpoints for phase in self.phases)
        return None if self.weights is None else checkpoints * self.weights.checkpoint

    @property
    def seconds(self) -> float | None:
        """The whole time, at most; None if it is not known."""
        each = [phase.seconds for phase in self.phases]
        return None if None in each else sum(s for s in each if s is not None)


def outline(
    scenario: Scenario, store: Store, where: DataRoot, note: Note = silent
) -> SearchOutline:  # fmt: skip
    """Return the plan of a scenario's `duel`, if it has that section, or of its `tune`.

    Raises:
        InputError: a strategy of the search cannot run, or data is missing.
    """
    scenario = ready(scenario, store, where, note)
    where = with_stored_answers(scenario, where, store)
    phases = tuple(_phases(scenario))
    workers = room(scenario)
    _time_a_step(phases[0].plain, store, where, note)
    weights = weights_of(scenario, where)
    memory = memory_of(scenario, weights, workers, defends=False)
    outlined = tuple(_outlined(p, store, where, workers) for p in phases)
    return SearchOutline(outlined, workers, memory, weights)


def _phases(scenario: Scenario) -> Iterator[Phase]:
    if scenario.duel is not None:
        return _of_duel(scenario, scenario.duel)
    assert scenario.tune is not None  # the caller has checked
    return _of_tune(scenario, scenario.tune)


def _of_tune(scenario: Scenario, tune: Tune) -> Iterator[Phase]:
    phase = partial(_phase, tune.actor)
    space, compared = TacticSpace(tune), set(tune.compare)
    refuse_above_budget(scenario, tune)
    known = known_strategy(tune)
    typical = space.middle() if known is None else known
    moves = space.changes(typical)
    searches = 2 if "random" in compared else 1
    rivals = 1 + len(compared - {"without_each"} - ({"random"} if known else set()))
    if "without_each" in compared:
        rivals += len(space.used(typical))
    if known is None:
        search = on_validation(scenario, tune, tune.seeds.search)
        select = on_validation(scenario, tune, tune.seeds.select)
        untuned = int("untuned" in compared)  # measured there too, for comparison
        yield phase("search", searches * tune.trials + untuned, search, moves)
        yield phase("selection", searches * tune.best + untuned, select, moves)
    yield phase("report", rivals, _report(scenario, tune, {}, league=True), moves)
    yield phase("report, unseen defender", rivals, _report(scenario, tune, tune.unseen), moves)


def _of_duel(scenario: Scenario, duel: Duel) -> Iterator[Phase]:
    phase = partial(_phase, duel.actor)
    search = on_validation(scenario, duel, duel.seeds.search)
    select = on_validation(scenario, duel, duel.seeds.select)
    red, blue = _middle(TacticSpace(duel)), _middle(DefenceSpace(duel.blue, duel.compute))
    sides = (("red", duel.trials, red), ("blue", duel.blue.trials, blue))
    for side, trials, moves in sides:
        yield phase(f"{side}: search", duel.most_rounds * trials, search, moves)
        yield phase(f"{side}: selection", duel.most_rounds * (duel.best + 1), select, moves)
    payoffs = (1 + duel.most_rounds) ** 2
    yield phase("payoffs", payoffs, _report(scenario, duel, {}), {**red, **blue})


def _report(
    scenario: Scenario, attack: Attack, defence: Mapping[str, Any], *, league: bool = False
) -> Scenario:
    name = f"report of {scenario.name}"
    return on_test(scenario, attack.seeds.report, defence, name, league=league)


def _phase(
    actor: str, name: str, strategies: int, plain: Scenario, moves: Mapping[str, Any]
) -> Phase:
    return Phase(name, strategies, plain, varied(plain, moves, f"plan of {name}"), actor)


def _middle(space: StrategySpace) -> dict[str, Any]:
    """The scenario's keys that a strategy from the middle of the space sets."""
    return space.changes(space.middle())


def _time_a_step(scenario: Scenario, store: Store, where: DataRoot, note: Note) -> None:
    model = model_key(scenario)
    if not known(store, model):
        remember_step(store, model, seconds_of_step(scenario, where, note))


def _outlined(phase: Phase, store: Store, where: DataRoot, workers: int) -> PhaseOutline:
    plain, typical = (
        _work(each, phase.actor, store, where) for each in (phase.plain, phase.typical)
    )
    shared = {address: work for address, work in typical.items() if address in plain}
    own = [work for address, work in typical.items() if address not in plain]
    once = estimate(store, shared.values(), workers).seconds if shared else 0.0
    each = estimate(store, own, workers).seconds if own else 0.0
    seeds = len(phase.plain.seeds)
    seconds = None if once is None or each is None else seeds * once + phase.experiments * each
    stored = [sum(work.checkpoints for work in works) for works in (shared.values(), own)]
    checkpoints = seeds * stored[0] + phase.experiments * stored[1]
    return PhaseOutline(phase, len(shared), len(own), seconds, checkpoints)


def _work(scenario: Scenario, actor: str, store: Store, where: DataRoot) -> dict[str, Work]:
    """The stages that one experiment in the first seed still needs, by address."""
    seed, model = scenario.seeds[0], model_key(scenario)
    plan = plan_seed(scenario, seed, where)
    part = part_of(plan, Experiment(scenario, seed, where, actor))
    todo = needed(part.nodes, part.artifacts, store)
    return {address: Work.of(part.nodes[address].job, model) for address in todo}


def table(planned: SearchOutline) -> Table:
    """Return the plan as a table with a row per phase."""
    shown = Table(box=None, pad_edge=False, title_justify="left", header_style="bold")
    shown.add_column("phase")
    for column in ("strategies", "seeds", "experiments", "stages each", "time"):
        shown.add_column(column, justify="right")
    for each in planned.phases:
        phase, seeds = each.phase, len(each.phase.plain.seeds)
        time = "unknown" if each.seconds is None else coarse(each.seconds)
        counts = (phase.strategies, seeds, phase.experiments, each.own)
        shown.add_row(phase.name, *map(str, counts), time)
    return shown


def summary(planned: SearchOutline) -> str:
    """Return the plan in one line: experiments and time, at most."""
    experiments = sum(each.phase.experiments for each in planned.phases)
    workers = f"{planned.workers} worker{'s' if planned.workers > 1 else ''}"
    if planned.seconds is None:
        return f"at most {experiments} experiments; time unknown ({workers})"
    return (
        f"at most {experiments} experiments, about {coarse(planned.seconds)} with {workers}"
        f"{EARLY if any('search' in each.phase.name for each in planned.phases) else ''}"
    )


def needs(planned: SearchOutline) -> list[str]:
    """Return lines on the memory and the disk that a search takes."""
    return in_words(planned.memory, planned.disk)
