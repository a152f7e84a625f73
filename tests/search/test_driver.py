"""The driver: what it asks for, when it gives up, and that it goes on where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from arena.api.values import Row
from arena.api.world import DataRoot
from arena.search.experiment import Ask
from arena.search.judges import RedJudge
from arena.search.phases import seen_in
from arena.search.studies import facts_of
from arena.search.workers import Answer
from tests.support.search_fakes import FakeCrew, drive, rows, search


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def test_as_many_trials_as_asked_for_and_all_finished(storage: str, tmp_path: Path) -> None:
    study = drive(search(6), storage, FakeCrew(tmp_path / "log"))
    trials = study.get_trials()
    assert len(trials) == 6
    assert all(trial.state.is_finished() for trial in trials)
    assert {trial.number for trial in trials} == set(range(6))


def test_a_finished_study_asks_for_nothing_more(storage: str, tmp_path: Path) -> None:
    drive(search(4), storage, FakeCrew(tmp_path / "log"))
    before = lines(tmp_path / "log")
    drive(search(4), storage, FakeCrew(tmp_path / "log"))
    assert lines(tmp_path / "log") == before


def test_more_trials_go_on_with_the_study(storage: str, tmp_path: Path) -> None:
    drive(search(3), storage, FakeCrew(tmp_path / "log"))
    study = drive(search(5), storage, FakeCrew(tmp_path / "log"))
    asked = Counter(line for line in lines(tmp_path / "log"))
    assert len(study.get_trials()) == 5
    assert set(asked.values()) == {1}  # no part of any trial was run twice


@pytest.mark.parametrize(
    "sampler", ["tpe", "nsga2", pytest.param("gp", marks=pytest.mark.slow), "random"]
)
def test_a_stopped_study_proposes_what_a_whole_one_does(
    sampler: str, storage: str, tmp_path: Path
) -> None:
    """Not the same draws again, as a sampler that is seeded once would after each start."""
    found = search(5, sampler=sampler, abreast=1)
    whole = drive(found, storage, FakeCrew(tmp_path / "log"))
    for trials in (2, 4, 5):
        part = search(trials, sampler=sampler, abreast=1)
        parts = drive(part, storage.replace("studies", "parts"), FakeCrew(tmp_path / "log"))
    chosen = [trial.params for trial in whole.get_trials()]
    assert [trial.params for trial in parts.get_trials()] == chosen
    assert len({str(params) for params in chosen}) == 5


def test_a_trial_in_flight_is_gone_on_with_under_its_number(storage: str, tmp_path: Path) -> None:
    class Stops(FakeCrew):
        def wait(self, timeout: float) -> list[Answer]:
            if self._log.exists() and len(lines(self._log)) == 7:
                raise KeyboardInterrupt
            return super().wait(timeout)

    with pytest.raises(KeyboardInterrupt):
        drive(search(6, sampler="tpe"), storage, Stops(tmp_path / "log"))
    study = optuna.load_study(study_name="s", storage=storage)
    left = [t for t in study.get_trials() if t.state == TrialState.RUNNING]
    assert left
    for trial in left:  # as if the process were gone: its id is nobody's
        stored = optuna.Trial(study, trial._trial_id)
        stored.set_user_attr("driver", {**trial.user_attrs["driver"], "pid": 2**22 + 1})
    after = drive(search(6, sampler="tpe"), storage, FakeCrew(tmp_path / "log"))
    by_number = {trial.number: trial for trial in after.get_trials()}
    assert len(by_number) == 6
    for trial in left:
        assert by_number[trial.number].params == trial.params
        assert by_number[trial.number].state.is_finished()


def test_a_trial_of_a_living_driver_is_left_alone(storage: str, tmp_path: Path) -> None:
    found = search(3)
    study = drive(found, storage, FakeCrew(tmp_path / "log"))
    other = study.ask()
    from arena.search import studies

    studies.claim(other)
    assert studies.adopt(study, []) is None
    other.set_user_attr("seen", 0.0)  # it has said nothing for years
    adopted = studies.adopt(study, [])
    assert adopted is not None
    assert adopted.number == other.number
    assert studies.adopt(study, [adopted.number]) is None


def test_the_first_trigger_in_the_first_seed_decides_whether_to_go_on(
    storage: str, tmp_path: Path
) -> None:
    study = drive(search(14), storage, FakeCrew(tmp_path / "log"))
    given_up = [t for t in study.get_trials() if t.state == TrialState.PRUNED]
    below = [t for t in given_up if "median" in facts_of(t)["why"]]
    assert below
    asked = lines(tmp_path / "log")
    for trial in below:
        assert sum(line.startswith(f"('s', {trial.number}, 'all'") for line in asked) == 0


def test_what_is_looked_at_first_is_the_removal_that_was_hardest_so_far(
    storage: str, tmp_path: Path
) -> None:
    class Hard(FakeCrew):
        first: list[str | None] = []

        def ask(self, key: Hashable, ask: Ask) -> None:
            if ask.part == "first":
                self.first.append(ask.first)
            super().ask(key, ask)

    crew = Hard(tmp_path / "log", hard={"merchant": 0.15})
    study = drive(search(14, abreast=1), storage, crew)
    assert crew.first[0] is None  # nothing is known yet: the scenario's first
    assert set(crew.first[1:]) == {"merchant"}
    below = [t for t in study.get_trials() if "median" in (facts_of(t)["why"] or "")]
    assert below
    assert all(list(facts_of(t)["seen"][0]["left"]) == ["merchant"] for t in below)


def test_nothing_is_given_up_where_pruning_is_off(storage: str, tmp_path: Path) -> None:
    study = drive(search(6, prunes=False), storage, FakeCrew(tmp_path / "log"))
    assert {trial.state for trial in study.get_trials()} == {TrialState.COMPLETE}
    assert not any("'first'" in line for line in lines(tmp_path / "log"))


def test_a_failing_trial_is_told_and_counted(storage: str, tmp_path: Path) -> None:
    notes: list[str] = []
    study = drive(search(8), storage, FakeCrew(tmp_path / "log", broken=0.08), notes)
    failed = [trial for trial in study.get_trials() if trial.state == TrialState.FAIL]
    assert failed
    assert len(study.get_trials()) == 8
    assert {facts_of(trial)["why"] for trial in failed} == {"diverged"}
    assert any("diverged" in note for note in notes)


def test_what_a_failed_trial_left_under_way_is_nobody_elses_answer(
    storage: str, tmp_path: Path
) -> None:
    """Its other seeds come in later: to the next phase, which has the same crew."""
    crew = FakeCrew(tmp_path / "log", broken=0.0)
    found = search(1, prunes=False)
    study = drive(found, storage, crew)
    assert [trial.state for trial in study.get_trials()] == [TrialState.FAIL]
    assert len(crew._asked) == len(found.scenario.seeds) - 1
    crew._broken = 1.0
    seen = seen_in({0: found.scenario}, found.actor, crew, DataRoot(), print)
    assert [each.seed for each in seen[0]] == list(found.scenario.seeds)


def test_what_a_failed_trial_left_under_way_is_no_other_studys_answer(
    storage: str, tmp_path: Path
) -> None:
    """Both have a trial 0 under way in the same seed: the strategies differ."""
    crew = FakeCrew(tmp_path / "log", broken=0.0)
    drive(search(1, prunes=False), storage, crew)
    assert crew._asked
    crew._broken = 1.0
    study = drive(search(1, name="another", prunes=False), storage, crew)
    alone = drive(
        search(1, name="another", prunes=False), f"{storage}.alone", FakeCrew(tmp_path / "log")
    )
    assert [t.values for t in study.get_trials()] == [t.values for t in alone.get_trials()]


def test_what_nobody_foresaw_stops_the_search(storage: str, tmp_path: Path) -> None:
    class Broken(FakeCrew):
        def wait(self, timeout: float) -> list[Answer]:
            key, _ = self._asked.pop(0)
            return [Answer(key, None, ZeroDivisionError("a bug"))]

    with pytest.raises(ZeroDivisionError):
        drive(search(4), storage, Broken(tmp_path / "log"))


def test_constraints_are_kept_with_the_trial(storage: str, tmp_path: Path) -> None:
    class Broad(FakeCrew):
        def wait(self, timeout: float) -> list[Answer]:
            key, ask = self._asked.pop(0)
            return [Answer(key, _broad(ask))]

    study = drive(search(3), storage, Broad(tmp_path / "log"))
    for trial in study.get_trials():
        assert trial.state == TrialState.PRUNED
        assert trial.constraints["broad"] == pytest.approx(0.3)
        assert "broad" in facts_of(trial)["why"]


def _broad(ask: Ask) -> list[Row]:
    return rows(ask, 0.9, near=0.5)


def test_a_strategy_over_its_budget_is_never_run(storage: str, tmp_path: Path) -> None:
    base = search(6)
    attack = base.judge.attack  # type: ignore[attr-defined]
    tight = attack.model_copy(
        update={"limits": attack.limits.model_copy(update={"written": 0.001})}
    )
    found = search(6, judge=RedJudge(tight))
    study = drive(found, storage, FakeCrew(tmp_path / "log"))
    assert not (tmp_path / "log").exists()
    assert {facts_of(t)["why"] for t in study.get_trials()} == {"violates written"}


def test_several_objectives_are_told_together(storage: str, tmp_path: Path) -> None:
    base = search(5)
    attack = base.judge.attack  # type: ignore[attr-defined]
    judge = RedJudge(attack, ("evasion", "stealth", "budget"))
    study = drive(search(5, judge=judge, prunes=False), storage, FakeCrew(tmp_path / "log"))
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    assert all(len(trial.values) == 3 for trial in study.get_trials())
