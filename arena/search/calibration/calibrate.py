"""The smallest exposures at which every actor installs, on validation prompts of seeds of their
own."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.api.world import DataRoot
from arena.arguments import a_count, optional_number
from arena.errors import ArenaError, InputError
from arena.execution.devices import refuse_absent
from arena.planning.plan import plan_seed
from arena.progress.display import display
from arena.progress.observer import NewStages
from arena.runs.run import opened as open_scenario
from arena.runs.work import ready, runtime_for, starting
from arena.scenario.load import Given, varied
from arena.scenario.schema import Scenario
from arena.search.blame import refuse_foreign
from arena.search.calibration.ladder import Ladder, Limits, Measured, Shortfall, shortfall
from arena.search.calibration.levers import Levers, Values, levers_of
from arena.search.calibration.measuring import Bench
from arena.search.session import answered
from arena.store.store import opened_store

FIRST_SEED = 100  # seeds below are for results
PROMPTS = 128  # validation prompts per actor, at most
KEPT, LOST = 0.8, 0.02  # without a `dose` section, which sets both
MANY = 12  # tries


@dataclass(frozen=True)
class Try:
    """Exposures that were tried: their values, what they gave, and which limits they broke."""

    number: int
    values: Values
    measured: Measured
    short: Shortfall


@dataclass(frozen=True)
class Calibration:
    """What a calibration tried, in order.

    Attributes:
        seeds: that it measured in. limits: that it looked for.
        best: the smallest exposures that keep every limit in every seed; None if none does.
        nearest: without a best, the try that installs every backdoor in every seed and breaks
            fewest of the other limits: those of clean accuracy and of the clean fine-tune, without
            which there may be no dose `most`. None if no try installs all.
        ended: why it ended, in words.
        seconds: that it took.
    """

    levers: Levers
    limits: Limits
    seeds: tuple[int, ...]
    tries: tuple[Try, ...]
    best: Try | None
    ended: str
    seconds: float

    @property
    def nearest(self) -> Try | None:
        """Return the try as described above."""
        installing = [t for t in self.tries if _installs(t, len(self.seeds))]
        return None if self.best else min(installing, key=_broken, default=None)


def _installs(tried: Try, seeds: int) -> bool:
    """Whether every backdoor is installed in every seed, false fire included."""
    measured, short = tried.measured, tried.short
    return measured.seeds == seeds and bool(measured.false_fire) and not (short.low or short.fires)


def _broken(tried: Try) -> tuple[bool, int, float]:
    """What a try that installs falls short of, the worse the larger."""
    kept = min(tried.measured.kept.values(), default=0.0)
    return tried.short.lost, len(tried.short.erased), -kept


def calibrate(
    scenario: Given,
    *,
    seeds: int = 4,
    budget: int = MANY,
    hours: float | None = None,
    root: DataRoot | str | Path | None = None,
    address: str | None = None,
    quiet: bool = False,
    store: str | Path | None = None,
) -> Calibration:
    """Search for the smallest exposures (steps, poison, if need be the learning rate) at which
    every actor installs in every seed, accuracy is kept, and the clean fine-tune, if there is one,
    keeps the backdoors. Blind to transfer: no removal is trained.

    After an interruption the same call continues from the stored stages.

    Example:
        >>> done = arena.calibrate("my.yaml", seeds=4, budget=12)
        >>> None if done.best is None else done.best.values

    Args:
        seeds: number of validation seeds; they differ from the scenario's own.
        budget: maximum number of tries. hours: no try starts after this time. The other arguments
            as for `arena.run`.

    Raises:
        InputError: the scenario is wrong or plants nothing, or data is missing or broken.
        ArenaError: a stage failed.
    """
    began = time.monotonic()
    seeds, budget = a_count(seeds, "seeds"), a_count(budget, "budget")
    longest = optional_number(hours, "hours")
    until = None if longest is None else began + 3600 * longest
    with open_scenario(scenario, root) as (given, where):
        levers = levers_of(given)
        refuse_absent(given, address)
        base = on_validation(given, seeds)
        ladder = Ladder(levers, limits_of(base))
        tries: list[Try] = []
        with _bench(base, ladder.limits, where, address, quiet, store) as (bench, ready):
            ended = _climb(ready, ladder, bench, budget, until, tries)
        best = next((each for each in tries if each.values == ladder.best), None)
        spent = time.monotonic() - began
        return Calibration(levers, ladder.limits, base.seeds, tuple(tries), best, ended, spent)


@contextlib.contextmanager
def _bench(
    base: Scenario,
    limits: Limits,
    where: DataRoot,
    address: str | None,
    quiet: bool,
    store: str | Path | None,
) -> Iterator[tuple[Bench, Scenario]]:
    """Where exposures are measured, and the scenario with its numerics settled."""
    artifacts = opened_store(store)
    with display(f"calibrate {base.name}", quiet) as observer:
        observer.phase("checking the scenario")
        settled = ready(base, artifacts, where, observer.phase)
        root = answered(settled, where, artifacts, address, observer)
        nodes = dict(plan_seed(settled, settled.seeds[0], root).nodes)
        observer.phase(starting(settled))
        most = 2 * len(settled.seeds)
        with runtime_for(settled, artifacts, address, False, nodes, most) as runtime:
            observer.phase("")
            yield Bench(artifacts, runtime, root, NewStages(observer), limits), settled


def on_validation(scenario: Scenario, seeds: int) -> Scenario:
    """Return the scenario on validation prompts, on so many seeds that none of its phases uses,
    without what a calibration does not read."""
    reserved = {*scenario.seeds}
    for search in (scenario.tune, scenario.duel):
        if search is not None:
            reserved |= {seed for phase in dict(search.seeds).values() for seed in phase}
    free = (seed for seed in itertools.count(FIRST_SEED) if seed not in reserved)
    changes: Mapping[str, Any] = {
        "tune": None,
        "duel": None,
        "grid": {},
        "league": [],
        "measures": {},
        "controls.shams": 0,
        "controls.hot": 0,
        "controls.reference": True,
        "seeds": list(itertools.islice(free, seeds)),
        "evaluation.split": "validation",
        "evaluation.prompts": min(scenario.evaluation.prompts, PROMPTS),
    }
    return varied(scenario, changes, f"calibration of {scenario.name}")


def limits_of(scenario: Scenario) -> Limits:
    """Return the scenario's limits of installation, and of what planting and the clean fine-tune
    may take."""
    thresholds, dose = scenario.thresholds, scenario.dose
    return Limits(
        asr=thresholds.installed_asr,
        false_fire=thresholds.installed_false_fire,
        lost=LOST if dose is None else dose.lost,
        kept=KEPT if dose is None else dose.kept,
    )


def _climb(
    base: Scenario,
    ladder: Ladder,
    bench: Bench,
    budget: int,
    until: float | None,
    tries: list[Try],
) -> str:
    """Try exposures until nothing is left to try or to spend; return why it ended."""
    while (proposed := ladder.proposal()) is not None:
        if len(tries) >= budget:
            return f"the budget of {budget} tries is spent"
        if until is not None and time.monotonic() > until and tries:
            return "the time is spent"
        try:
            scenario = varied(base, proposed, f"try {len(tries) + 1}")
        except InputError:  # such as more poison than the mix holds
            if not tries:
                raise
            ladder.refuse(proposed)
            continue
        bench.observer.part(f"try {len(tries) + 1} of at most {budget}", None)
        try:
            measured = bench.measure(scenario)
        except ArenaError as error:  # such as a training that diverged
            own = refuse_foreign(error)
            if not tries:
                raise
            bench.observer.note(f"a try failed and is left out: {own}")
            ladder.refuse(proposed)
            continue
        short = shortfall(measured, ladder.limits)
        tries.append(Try(len(tries) + 1, proposed, measured, short))
        ladder.record(proposed, measured)
        bench.observer.note(f"try {len(tries)}: {in_words(tries[-1])}")
    return "no smaller step is left to try" if ladder.best else "nothing more is left to try"


def in_words(tried: Try) -> str:
    """Return what a try broke, or that it kept every limit."""
    short = tried.short
    parts = [
        f"ASR too low: {', '.join(short.low)}" if short.low else "",
        f"false fire too high: {', '.join(short.fires)}" if short.fires else "",
        "accuracy lost on clean prompts" if short.lost else "",
        f"the clean fine-tune erases {', '.join(short.erased)}" if short.erased else "",
    ]
    return "; ".join(filter(None, parts)) or "keeps every limit"
