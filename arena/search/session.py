"""What a search has to work with: folder, store, crew, storage; the same for tune and duel."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import optuna

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.execution.calibrate import settled
from arena.planning.numerics import settings
from arena.planning.plan import plan_seed
from arena.progress import LogLines
from arena.runs.run import data_folder, free_folder, make_folder, room, silent, tell
from arena.scenario.load import dump
from arena.scenario.schema import Scenario
from arena.search import studies
from arena.search.driver import Driver, Search
from arena.search.judging import Sighting
from arena.search.phases import seen_in
from arena.search.workers import Alone, Crew, RayTasks
from arena.store.identity import digest
from arena.store.store import Store, default_root

# of a scenario, what changes no trial (`seeds` are the search's here, and stand apart below)
OUTSIDE = ("description", "runtime", "seeds")


@dataclass(frozen=True)
class Session:
    """One command's means. name: of its studies. scenario: with its numerics settled."""

    scenario: Scenario
    name: str
    storage: str
    folder: Path
    store: Store
    root: DataRoot
    crew: Crew
    abreast: int
    note: Callable[[str], None]
    event: Callable[[Mapping[str, Any]], None]
    began: float

    def search(self, search: Search) -> optuna.Study:
        """The study, searched to its end (or to where it was, if it had ended)."""
        study = studies.open_study(
            self.storage, search.name, search.judge.directions, fingerprint(search)
        )
        Driver(search, study, self.crew, self.note, self.event).run()
        return study

    def measure(
        self, scenarios: Mapping[Hashable, Scenario], actor: str
    ) -> dict[Hashable, list[Sighting]]:
        """Every scenario in all its seeds, with what became of this actor."""
        return seen_in(scenarios, actor, self.crew, self.root, self.note)


def fingerprint(search: Search) -> str:
    """SHA-256 (hex) of what decides a study's trials; more trials may be asked for later."""
    content = {k: v for k, v in search.scenario.resolved().items() if k not in OUTSIDE}
    content |= {"seeds": list(search.scenario.seeds), "actor": search.actor}
    content["space"] = {n: r.model_dump() for n, r in search.moves.dimensions().items()}
    content["sampler"] = search.sampler.model_dump()
    content |= {"moves": search.moves.content(), "judge": search.judge.content()}
    content["prunes"] = search.prunes
    return digest(content)


@contextlib.contextmanager
def opened(
    scenario: Scenario,
    *,
    root: DataRoot | None,
    out: Path | None,
    storage: str | None,
    study: str | None,
    address: str | None,
    quiet: bool,
    store: Path | None,
) -> Iterator[Session]:
    """Check the input, make the folder, start the crew.

    Raises:
        InputError: data is missing or broken, `out` holds a finished run, or a name is wrong.
    """
    began = time.monotonic()
    folder = free_folder(scenario, out)
    artifacts = Store((store or default_root()).resolve())
    where = root or DataRoot(data_folder())
    note = silent if quiet else tell
    scenario = settled(
        scenario,
        artifacts.root,
        where,
        note,
        check=lambda: plan_seed(scenario, scenario.seeds[0], where),
    )
    name = study or scenario.name
    if not name or "/" in name:
        raise InputError("must be a name without /", key="--study", found=name)
    url = storage or f"sqlite:///{artifacts.root / 'studies' / f'{name}.db'}"
    studies.storage_of(url)  # told before anything is trained
    make_folder(folder)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
    abreast = room(scenario)
    chosen = settings(scenario.numerics)
    crew: Crew = Alone(artifacts, chosen["threads"])
    if scenario.runtime.backend == "ray":
        crew = RayTasks(
            artifacts, chosen["threads"], abreast, address=address, device=chosen["device"]
        )
    with (
        (folder / "run.log").open("a", encoding="utf-8") as log,
        (folder / "events.jsonl").open("a", encoding="utf-8") as events,
        crew,
    ):
        yield Session(
            scenario,
            name,
            url,
            folder,
            artifacts,
            where,
            crew,
            1 if scenario.runtime.backend == "serial" else abreast,
            _logged(LogLines(log), note),
            _event(events, began),
            began,
        )


def _logged(log: LogLines, shown: Callable[[str], None]) -> Callable[[str], None]:
    def note(text: str) -> None:
        log.note(text)
        shown(text)

    return note


def _event(file: TextIO, began: float) -> Callable[[Mapping[str, Any]], None]:
    def write(event: Mapping[str, Any]) -> None:
        stamped = {"time": round(time.monotonic() - began, 3), **event}
        file.write(json.dumps(stamped, ensure_ascii=False) + "\n")
        file.flush()

    return write
