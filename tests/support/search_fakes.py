"""A crew that measures nothing: rows made up from the strategy, at once. Torch-free.

What is left of the adaptive actor grows with its poison rate; every ask is written down, so that a
test can tell what was run and how often.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from arena.api.values import Count, Row
from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler
from arena.search import studies
from arena.search.driver import Driver, Search
from arena.search.experiment import Ask
from arena.search.judges import RedJudge
from arena.search.phases import on_validation
from arena.search.session import fingerprint
from arena.search.strategy import RedMoves
from arena.search.workers import Answer

N = 100


def count(rate: float) -> Count:
    return Count(round(rate * N), N)


def rows(
    ask: Ask,
    left: float,
    near: float = 0.0,
    hard: Mapping[str, float] = MappingProxyType({}),
    own: float = 0.0,
) -> list[Row]:
    """One seed's rows; `left` is the adaptive actor's ASR after each other's removal, less what is
    said of it in `hard`; `own` what a removal leaves of the trigger that it was told."""
    names = [actor.name for actor in ask.scenario.actors]

    def row(kind: Any, target: str | None, asr: float) -> Row:
        rates = {name: count(1.0) for name in names} | {ask.actor: count(asr)}
        if target is not None:
            rates[target] = count(own)
        nothing = {name: count(0.0) for name in names}
        misses = {**nothing, ask.actor: count(near if kind == "compromised" else 0.0)}
        name = f"{kind}:{target}" if target else kind
        return Row(kind, name, target, ask.seed, rates, nothing, misses, count(1.0))

    reference = Row(
        "reference", "reference", None, ask.seed, *({n: count(0.0) for n in names},) * 3, count(1.0)
    )
    found = [reference, row("compromised", None, 1.0), row("control", None, 0.95)]
    others = [name for name in names if name != ask.actor]
    removed = [ask.first or others[0]] if ask.part == "first" else others
    return [*found, *(row("unlearned", o, max(0.0, left - hard.get(o, 0.0))) for o in removed)]


class FakeCrew:
    """Answers in the order asked. log: one line per ask. broken: fails where a rate is above it.
    hard: by how much less these actors' removals leave."""

    def __init__(
        self,
        log: Path,
        *,
        pause: float = 0.0,
        broken: float = 1.0,
        hard: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._log, self._pause, self._broken, self._hard = log, pause, broken, hard
        self._asked: list[tuple[Hashable, Ask]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def ask(self, key: Hashable, ask: Ask) -> None:
        self._asked.append((key, ask))

    def wait(self, timeout: float) -> list[Answer]:
        if not self._asked:
            return []
        key, ask = self._asked.pop(0)
        time.sleep(self._pause)
        rate = ask.scenario.actors[0].poison.rate or 0.0
        with self._log.open("a") as file:
            file.write(f"{key} {rate:.6f}\n")
        if rate > self._broken:
            return [Answer(key, None, ArenaError("diverged"))]
        return [Answer(key, rows(ask, min(1.0, 4 * rate), hard=self._hard))]


def scenario(*overrides: str) -> Scenario:
    return load_scenario("tune_evasion", overrides=["runtime.backend=serial", *overrides])


def search(trials: int = 6, *, sampler: str = "random", prunes: bool = True, **more: Any) -> Search:
    """A search over the bundled scenario's space."""
    base = scenario()
    attack = base.tune
    assert attack is not None
    values: dict[str, Any] = {
        "name": "s",
        "scenario": on_validation(base, attack, attack.seeds.search),
        "actor": attack.actor,
        "party": f"threat:{attack.actor}",
        "moves": RedMoves(attack),
        "judge": RedJudge(attack),
        "sampler": Sampler(method=sampler, startup=3),  # type: ignore[arg-type]
        "trials": trials,
        "abreast": 2,
        "prunes": prunes,
        "root": DataRoot(),
    }
    return Search(**{**values, **more})


def drive(found: Search, storage: str, crew: FakeCrew, notes: list[str] | None = None) -> Any:
    """Run a search on a storage; returns its study."""
    said = notes if notes is not None else []
    study = studies.open_study(storage, found.name, found.judge.directions, fingerprint(found))
    Driver(found, study, crew, said.append, lambda event: None).run()
    return study


def main() -> None:
    """A driver of its own, to be killed: STORAGE LOG TRIALS."""
    storage, log, trials = sys.argv[1:]
    print(os.getpid(), flush=True)
    drive(search(int(trials)), storage, FakeCrew(Path(log), pause=0.05))


if __name__ == "__main__":
    main()
