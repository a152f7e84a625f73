"""arena/search/ledger.py: what was measured is not measured again, even if the store is empty."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.progress.observer import Silent
from arena.results.rows import Row
from arena.scenario.load import varied
from arena.search import ledger as module
from arena.search.evaluators import Evaluated
from arena.search.experiment import Experiment
from arena.search.ledger import Entry, Ledger, Remembering
from arena.search.phases import evaluate
from tests.support.search_fakes import FakeEvaluators, counted, rows, search

SPEC = search(1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "studies" / "s.measured.jsonl"


def experiment(seed: int = 0) -> Experiment:
    return Experiment(SPEC.scenario, seed, DataRoot(), SPEC.actor)


def measured(log: Path, file: Path, seeds: Sequence[int]) -> list[str]:
    """Measure these seeds as a process of its own would, and return what was run for it."""
    scenario = varied(SPEC.scenario, {"seeds": list(seeds)}, "test")
    evaluators = Remembering(FakeEvaluators(log), Ledger(file))
    before = len(log.read_text().splitlines()) if log.exists() else 0
    seen = evaluate({"a": scenario}, SPEC.actor, evaluators, DataRoot(), Silent())["a"]
    assert [each.seed for each in seen.seen] == list(seeds)
    return log.read_text().splitlines()[before:]


def test_nothing_is_measured_twice(file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert len(measured(log, file, [0, 1])) == 2
    assert len(measured(log, file, [0, 1, 2])) == 1
    assert measured(log, file, [2, 0, 1]) == []


def test_the_file_alone_is_enough_elsewhere(file: Path, tmp_path: Path) -> None:
    measured(tmp_path / "log", file, [0])
    other = tmp_path / "elsewhere" / "s.measured.jsonl"
    other.parent.mkdir()
    shutil.copy(file, other)
    assert Ledger(other).rows(experiment()) == rows(experiment(), left=0.32)


def test_other_code_or_data_is_measured_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(file).add(experiment(), rows(experiment(), 0.5))
    assert Ledger(file).rows(experiment()) is not None
    monkeypatch.setattr(module, "_stages", lambda _: "of another version")
    assert Ledger(file).rows(experiment()) is None


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(experiment(), seed=1),
        dataclasses.replace(experiment(), scope="first"),
        dataclasses.replace(experiment(), actor="bard"),
        dataclasses.replace(
            experiment(), scenario=varied(SPEC.scenario, {"defender.steps": 3}, "test")
        ),
    ],
)
def test_another_experiment_is_not_known(other: Experiment, file: Path) -> None:
    Ledger(file).add(experiment(), rows(experiment(), 0.5))
    assert Ledger(file).rows(other) is None


def test_what_changes_no_experiment_does_not_matter(file: Path) -> None:
    Ledger(file).add(experiment(), rows(experiment(), 0.5))
    told = varied(SPEC.scenario, {"description": "in other words", "seeds": [5, 0]}, "test")
    assert Ledger(file).rows(dataclasses.replace(experiment(), scenario=told)) is not None


def test_a_torn_line_costs_only_itself(file: Path) -> None:
    first = Ledger(file)
    for seed in (0, 1):
        first.add(experiment(seed), rows(experiment(seed), 0.5))
    file.write_bytes(file.read_bytes()[:-40])  # killed while it wrote
    second = Ledger(file)
    assert second.rows(experiment(0)) is not None
    assert second.rows(experiment(1)) is None
    second.add(experiment(1), rows(experiment(1), 0.25))
    assert Ledger(file).rows(experiment(1)) == rows(experiment(1), 0.25)


def test_a_changed_number_is_not_believed(file: Path) -> None:
    Ledger(file).add(experiment(), rows(experiment(), 0.5))
    text = file.read_text()
    assert '"hits":50,' in text
    file.write_text(text.replace('"hits":50,', '"hits":51,', 1))
    assert Ledger(file).rows(experiment()) is None


def test_a_failure_is_not_remembered(file: Path) -> None:
    class Diverges(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            return [Evaluated(e.key, None, ArenaError("diverged")) for e in super().wait(timeout)]

    evaluators = Remembering(Diverges(file.parent.parent / "log"), Ledger(file))
    evaluators.submit("a", experiment())
    assert [each.rows for each in evaluators.wait(0.0)] == [None]
    assert not file.exists()


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
    entry = Entry("a", "b", (row,))
    assert Entry.read(entry.line.encode()) == entry
