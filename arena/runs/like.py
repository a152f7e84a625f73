"""Finished runs similar to a planned one, and how T varied over their seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from arena.errors import InputError
from arena.results.pairs import Pair
from arena.results.reader import FILE, read_results
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressResults
from arena.scenario.schema import Scenario

RUNS = Path("runs")
PLACES = (f"*/{FILE}", f"*/cells/*/{FILE}")  # below RUNS: runs, and the cells of stress runs
# Keys in which two runs may differ and still be one experiment with more seeds.
BESIDE = frozenset({"seeds", "description", "plugins", "runtime", "numerics", "measures", "grid"})

BySeed = Mapping[int, float]


@dataclass(frozen=True)
class Like:
    """T in finished runs of one setting: by seed, of the whole claim (the mean over its pairs) and
    of every pair. folders: the runs; a seed that two runs have is taken from the later one."""

    folders: tuple[Path, ...]
    claim: BySeed
    pairs: Mapping[tuple[str, str], BySeed]


def likes(scenario: Scenario, given: Sequence[Path] = (), runs: Path = RUNS) -> tuple[Like, ...]:
    """Return the settings similar to a scenario's that have finished runs with a T in at least two
    seeds.

    Args:
        given: folders of finished runs or stress runs to use, whatever they ran. Without any, those
            below `runs` are searched: of the same settings if any have two seeds, else of the same
            name, or the same actors, triggers and composition.

    Raises:
        InputError: a given folder is no finished run or stress run.
    """
    if given:
        return _settings(found for folder in given for found in _given(folder))
    found = [(path.parent, record) for path, record in _recorded(runs) if _alike(record, scenario)]
    same = [each for each in found if _setting(each[1].root) == _setting(scenario.resolved())]
    for chosen in (same, found):
        read = _settings(_read(folder) for folder, _ in chosen)
        if read:
            return read
    return ()


def _recorded(runs: Path) -> Iterator[tuple[Path, ScenarioRecord]]:
    """The results files below a folder with their scenarios; unreadable files are skipped."""
    for path in sorted(path for place in PLACES for path in runs.glob(place)):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(values, dict) and values.get("kind", "run") == "run":
            scenario = values.get("scenario")
            yield path, ScenarioRecord(scenario if isinstance(scenario, dict) else {})


def _alike(record: ScenarioRecord, scenario: Scenario) -> bool:
    if record.name == scenario.name:
        return True
    triggers = [(actor.name, actor.trigger.name) for actor in scenario.actors]
    return (
        record.text("composition") == scenario.composition
        and [(actor.name, actor.method) for actor in record.actors] == triggers
    )


def _setting(values: Mapping[str, JsonValue]) -> str:
    """A scenario without the keys that may differ within one experiment."""
    kept = {key: value for key, value in values.items() if key not in BESIDE}
    return json.dumps(kept, sort_keys=True)


def _given(folder: Path) -> Iterator[tuple[Path, RunResults]]:
    """The run in a folder, or the cells of a stress run.

    Raises:
        InputError: it holds neither.
    """
    results = read_results(folder)
    if isinstance(results, RunResults):
        yield folder, results
    elif isinstance(results, StressResults):
        for path in sorted(folder.glob(f"cells/*/{FILE}")):
            cell = read_results(path)
            if isinstance(cell, RunResults):
                yield path.parent, cell
    else:
        rule = "must be a run or a stress run"
        raise InputError(rule, str(folder), None, "--like", results.kind, ("run", "stress"))


def _read(folder: Path) -> tuple[Path, RunResults]:
    try:
        results = read_results(folder)
    except InputError:  # a plug-in that is not named is not needed
        return folder, RunResults()
    return folder, results if isinstance(results, RunResults) else RunResults()


def _settings(runs: Iterator[tuple[Path, RunResults]]) -> tuple[Like, ...]:
    """The runs by setting, the seeds of one setting joined; those with a T in two seeds."""
    joined: dict[str, Like] = {}
    for folder, results in runs:
        setting = _setting(results.scenario.root)
        before = joined.get(setting, Like((), {}, {}))
        pairs = {
            (pair.source, pair.to): {
                **before.pairs.get((pair.source, pair.to), {}),
                **_transfers(pair),
            }
            for pair in results.transfer
        }
        joined[setting] = Like(
            (*before.folders, folder),
            {**before.claim, **_means(results.transfer)},
            {**before.pairs, **pairs},
        )
    return tuple(like for like in joined.values() if len(like.claim) > 1)


def _transfers(pair: Pair) -> dict[int, float]:
    return {each.seed: each.transfer for each in pair.per_seed if each.transfer is not None}


def _means(pairs: Sequence[Pair]) -> dict[int, float]:
    """A seed's mean over its usable pairs."""
    by_seed: dict[int, list[float]] = {}
    for pair in pairs:
        for seed, transfer in _transfers(pair).items():
            by_seed.setdefault(seed, []).append(transfer)
    return {seed: sum(values) / len(values) for seed, values in sorted(by_seed.items())}
