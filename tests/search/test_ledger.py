"""arena/search/ledger.py: what was measured is not measured again, even if the store is empty."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution.serial import Serial
from arena.measures.quiet import Quiet, QuietParams
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.results.rows import Row, Sham
from arena.scenario.load import varied
from arena.search import experiment as module
from arena.search.evaluators import Evaluated
from arena.search.experiment import Experiment, Measured, part_of, run_experiment, stages_of
from arena.search.ledger import Entry, Ledger, Remembering
from arena.search.phases import evaluate
from arena.store.identity import digest
from arena.store.store import Store
from tests.support.search_fakes import FakeEvaluators, counted, rows, search

SPEC = search(1)


class Evaluators(FakeEvaluators):
    """Takes what is known of its version of the code, as `run_experiment` does."""

    def __init__(self, log: Path, version: str = "now") -> None:
        super().__init__(log)
        self._version = version

    def wait(self, timeout: float) -> list[Evaluated]:
        if self._queue:
            key, experiment = self._queue[0]
            for known in experiment.known:
                if known.stages == self._version:
                    self._queue.pop(0)
                    return [Evaluated(key, known)]
        return [
            Evaluated(
                each.key, each.measured and dataclasses.replace(each.measured, stages=self._version)
            )
            for each in super().wait(timeout)
        ]


def untold(note: str) -> None:
    raise AssertionError(note)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "studies" / "s.measured.jsonl"


def asked(seed: int = 0) -> Experiment:
    return Experiment(SPEC.scenario, seed, DataRoot(), SPEC.actor)


def found(seed: int = 0, left: float = 0.5, stages: str = "now") -> Measured:
    return Measured(tuple(rows(asked(seed), left)), stages)


def run(file: Path, seeds: Sequence[int], version: str = "now") -> int:
    """Measure these seeds as a process of its own would; return how many were really measured."""
    log = file.parent.with_name("log")
    before = len(log.read_text().splitlines()) if log.exists() else 0
    scenario = varied(SPEC.scenario, {"seeds": list(seeds)}, "test")
    evaluators = Remembering(Evaluators(log, version), Ledger(file, untold))
    seen = evaluate({"a": scenario}, SPEC.actor, evaluators, DataRoot(), Silent())["a"]
    assert [each.seed for each in seen.seen] == list(seeds)
    return (len(log.read_text().splitlines()) if log.exists() else 0) - before


def test_nothing_is_measured_twice(file: Path) -> None:
    assert run(file, [0, 1]) == 2
    assert run(file, [0, 1, 2]) == 1
    assert run(file, [2, 0, 1]) == 0


def test_the_file_alone_is_enough_elsewhere(file: Path, tmp_path: Path) -> None:
    run(file, [0])
    other = tmp_path / "elsewhere" / "s.measured.jsonl"
    other.parent.mkdir()
    shutil.copy(file, other)
    assert Ledger(other, untold).known(asked()) == Ledger(file, untold).known(asked()) != ()


def test_versions_do_not_forget_each_other(file: Path) -> None:
    assert [run(file, [0, 1], v) for v in ("one", "two", "one", "two")] == [2, 2, 0, 0]


OTHERS: Mapping[str, Callable[[Experiment], Experiment]] = {
    "seed": lambda e: dataclasses.replace(e, seed=1),
    "scope": lambda e: dataclasses.replace(e, scope="first"),
    "first": lambda e: dataclasses.replace(e, first="bard"),
    "actor": lambda e: dataclasses.replace(e, actor="bard"),
    "scenario": lambda e: dataclasses.replace(
        e, scenario=varied(e.scenario, {"defender.steps": 3}, "test")
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_experiment_is_not_known(what: str, file: Path) -> None:
    Ledger(file, untold).add(asked(), found())
    assert Ledger(file, untold).known(OTHERS[what](asked())) == ()


def test_what_changes_no_row_does_not_matter(file: Path) -> None:
    Ledger(file, untold).add(asked(), found())
    told = {"description": "in other words", "seeds": [5, 0], "thresholds.broad": 0.4}
    same = dataclasses.replace(asked(), scenario=varied(SPEC.scenario, told, "test"))
    assert Ledger(file, untold).known(same) == (found(),)


def test_a_torn_line_costs_only_itself(file: Path) -> None:
    first = Ledger(file, untold)
    for seed in (0, 1):
        first.add(asked(seed), found(seed))
    file.write_bytes(file.read_bytes()[:-40])  # killed while it wrote
    second = Ledger(file, untold)
    assert second.known(asked(0)) == (found(0),)
    assert second.known(asked(1)) == ()
    second.add(asked(1), found(1, left=0.25))
    assert Ledger(file, untold).known(asked(1)) == (found(1, left=0.25),)


def resealed(line: str, **changes: Any) -> str:
    content = {**json.loads(line), **changes}
    del content["sha256"]
    return json.dumps({**content, "sha256": digest(content)})


DAMAGE: Mapping[str, Callable[[str], str]] = {
    "a number changed": lambda line: line.replace('"hits":50,', '"hits":51,', 1),
    "of another version": lambda line: line.replace('"stages":"now"', '"stages":"new"'),
    "no JSON": lambda line: line[1:],
    "no object": lambda line: "[1, 2]",
    "nested too deeply": lambda line: "[" * 100_000,
    "no text": lambda line: line.replace("now", "\udcff"),
    "no rows": lambda line: resealed(line, rows=[{"kind": "unheard of"}]),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_line_is_not_believed(what: str, file: Path) -> None:
    for seed in (0, 1):
        Ledger(file, untold).add(asked(seed), found(seed))
    first, second = file.read_text().split()
    damaged = DAMAGE[what](first)
    assert damaged != first
    file.write_text(f"{damaged}\n{second}\n", errors="surrogateescape")
    assert Ledger(file, untold).known(asked(0)) == ()
    assert Ledger(file, untold).known(asked(1)) == (found(1),)


def test_a_ledger_that_cannot_be_kept_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "studies").write_text("a file in the folder's place")
    ledger = Ledger(tmp_path / "studies" / "s.measured.jsonl", told.append)
    for seed in (0, 1):
        ledger.add(asked(seed), found(seed))
    assert ledger.known(asked()) == (found(),)  # as long as the process lives
    (line,) = told
    assert line.startswith(f"{tmp_path}/studies/s.measured.jsonl cannot be read (Not a directory)")


def test_a_failure_is_not_remembered(file: Path, tmp_path: Path) -> None:
    class Diverges(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            return [Evaluated(e.key, None, ArenaError("diverged")) for e in super().wait(timeout)]

    evaluators = Remembering(Diverges(tmp_path / "log"), Ledger(file, untold))
    evaluators.submit("a", asked())
    assert [(each.key, each.rows) for each in evaluators.wait(0.0)] == [("a", None)]
    assert not file.exists()


def test_a_key_that_is_used_twice_gets_its_own_rows(file: Path, tmp_path: Path) -> None:
    evaluators = Remembering(Evaluators(tmp_path / "log"), Ledger(file, untold))
    for seed in (0, 1):
        evaluators.submit("a", asked(seed))
    assert [evaluators.wait(0.0)[0].key for _ in (0, 1)] == ["a", "a"]
    for seed in (0, 1):
        (measured,) = Ledger(file, untold).known(asked(seed))
        assert {row.seed for row in measured.rows} == {seed}


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.none()


@given(
    left=st.integers(0, 100),
    norm=numbers,
    measures=st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), numbers)),
)
def test_a_line_gives_back_the_row(
    left: int, norm: float | None, measures: dict[str, dict[str, float | None]]
) -> None:
    row = Row(
        kind="unlearned",
        name="unlearned:bard",
        target="bard",
        seed=3,
        asr={"lexical": counted(left / 100)},
        update_norm=norm,
        measures=measures,
    )
    entry = Entry("a", Measured((row,), "b"))
    assert Entry.read(entry.line.encode()) == entry


@pytest.fixture(scope="module")
def plan() -> SeedPlan:
    """What a search measures of a seed."""
    return part_of(plan_seed(SPEC.scenario, 0, DataRoot()), asked())


def test_rows_that_are_known_are_not_measured(plan: SeedPlan, tmp_path: Path) -> None:
    """The store and the runtime are not used: this one has not been entered."""
    store = Store(tmp_path / "none")
    known = found(stages=stages_of(plan, ()))
    experiment = dataclasses.replace(asked(), known=(found(left=0.1), known))
    assert run_experiment(experiment, store, Serial(store, 1)) == known
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(RowPlan)])
def test_all_that_a_row_is_made_of_is_in_the_digest(name: str, plan: SeedPlan) -> None:
    first, *rest = plan.rows
    sham = Sham(kind="hot") if name == "sham" else "another"
    other: Any = {"another": "one"} if name in ("detail", "measures") else sham
    changed = dataclasses.replace(first, **{name: other})
    assert stages_of(dataclasses.replace(plan, rows=(changed, *rest)), ()) != stages_of(plan, ())


def test_the_code_that_reads_rows_is_in_the_digest(
    plan: SeedPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stages_of(plan, ())
    assert stages_of(dataclasses.replace(plan, notes=("told",)), ()) == before
    assert stages_of(plan, [Quiet(QuietParams())]) != before
    read = dict.fromkeys(module.READERS, "edited")
    monkeypatch.setattr(module, "_readers", lambda: read)
    assert stages_of(plan, ()) != before
