"""Storages of studies: any path, what is refused, and that what is not ours stays as it is."""

from __future__ import annotations

import os
import sqlite3
import traceback
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from arena.errors import InputError, MachineError
from arena.search import ownership, storages, studies
from arena.search.evaluators import Evaluated
from arena.search.session import identity
from arena.search.storages import in_use, public_url, sqlite_url, storage_of, storage_url
from tests.support.search_fakes import FakeEvaluators, drive, named, search

NAMES = (
    *("a?b", "a#b", "a%20b", "é ü 木", "a:1@b"),
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("a%3Fb", "a b", "{a}", "a&b=c", "a+b", "~")
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_database_is_made_at_its_path_whatever_that_holds(name: str, memory: Path) -> None:
    url = sqlite_url(memory / name / "s.db")
    drive(search(1), url, FakeEvaluators(memory / "log"))
    assert (memory / name / "s.db").stat().st_size > 0
    assert {each.name for each in memory.iterdir()} == {name, "log"}


def test_a_path_that_is_no_text_works_too(memory: Path) -> None:
    """As file names are read in an ASCII locale, or made by another system."""
    folder = Path(os.fsdecode(os.fsencode(memory) + b"/\xe9?"))
    folder.mkdir()
    drive(search(1), sqlite_url(folder / "s.db"), FakeEvaluators(memory / "log"))
    assert os.listdir(os.fsencode(folder)) == [b"s.db"]


def test_a_plain_path_is_a_plain_url() -> None:
    assert sqlite_url(Path("/x/a b/s.db")) == "sqlite:////x/a b/s.db"
    assert make_url(sqlite_url(Path("/x/a?b/s.db"))).database == "/x/a?b/s.db"


def test_the_url_comes_from_the_option_the_environment_a_file_or_the_folder(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(storages.ENVIRONMENT, raising=False)
    assert storage_url(None, memory, "s") == f"sqlite:///{memory}/s.db"
    monkeypatch.setenv(storages.ENVIRONMENT, "postgresql://me:geheim@host/db")
    assert storage_url(None, memory, "s") == "postgresql://me:geheim@host/db"
    (memory / "url").write_text("mysql://me:geheim@host/db\n")
    assert storage_url(f"@{memory / 'url'}", memory, "s") == "mysql://me:geheim@host/db"


@pytest.mark.parametrize("content", [None, "", "one\ntwo\n", b"\xff\xfe"])
def test_a_file_that_holds_no_url_is_refused(content: str | bytes | None, memory: Path) -> None:
    file = memory / "url"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        storage_url(f"@{file}", memory, "s")
    assert (caught.value.key, caught.value.found) == ("--storage", f"@{file}")


@pytest.mark.parametrize("url", ["sqlite:///~/deep/s.db", "journal://~/deep/s.log"])
def test_the_home_folder_is_known(url: str, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(memory / "home"))
    monkeypatch.chdir(memory)
    storage_of(url)
    assert [each.name for each in memory.iterdir()] == ["home"]


def refused(url: str) -> InputError:
    with pytest.raises(InputError) as caught:
        studies.open_study(url, "s", ["maximize"], named("one"))
    assert caught.value.key == "--storage"
    assert caught.value.found == public_url(url)
    return caught.value


WRONG = {
    "text": b"This is a letter, not a database.\n",
    "binary": bytes(range(256)) * 40,
    "damaged": b"SQLite format 3\x00" + b"\x07" * 5000,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_is_no_database_is_refused_and_stays(kind: str, memory: Path) -> None:
    file = memory / "s.db"
    file.write_bytes(WRONG[kind])
    assert refused(f"sqlite:///{file}").exit_status == 2
    assert file.read_bytes() == WRONG[kind]


def test_a_folder_and_an_unknown_option_are_refused(memory: Path) -> None:
    assert "is a folder" in str(refused(f"sqlite:///{memory}"))
    assert "%3F" in str(refused(f"sqlite:///{memory}/a?b.db"))
    assert list(memory.iterdir()) == []


ENTRY = b'{"op_code":0,"worker_id":"w","study_name":"other","directions":[1]}\n'
GARBAGE = {
    "a line of text": ENTRY + b"what is this\n" + ENTRY,
    "binary": bytes(range(256)),
    "text without an end": b"a diary",
    "other JSON": b'{"name": "x"}\n',
    "no object": b"[1, 2]\n",
    "deep": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_file_that_is_no_journal_is_refused_and_stays(kind: str, memory: Path) -> None:
    file = memory / "s.log"
    file.write_bytes(GARBAGE[kind])
    assert "is not an entry of Optuna's journal" in str(refused(f"journal://{file}"))
    assert file.read_bytes() == GARBAGE[kind]
    assert [each.name for each in memory.iterdir()] == ["s.log"]


@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_journal_whose_last_line_was_cut_goes_on(cut: int, memory: Path) -> None:
    """A driver was killed while it wrote. Nothing that anyone had read is lost."""
    file, spec = memory / "s.log", search(3)
    drive(spec, f"journal://{file}", FakeEvaluators(memory / "one"))
    whole = file.read_bytes()
    file.write_bytes(whole + ENTRY[:cut])
    study = drive(search(5), f"journal://{file}", FakeEvaluators(memory / "two"))
    assert len(study.get_trials()) == 5
    assert file.read_bytes().startswith(whole + b'{"op_code"')
    again = studies.open_study(f"journal://{file}", "s", ["maximize"], identity(spec))
    assert [trial.values for trial in again.get_trials()] == [t.values for t in study.get_trials()]


def test_an_empty_journal_and_an_empty_database_are_new_ones(memory: Path) -> None:
    for name, form in (("s.log", "journal://{}"), ("s.db", "sqlite:///{}")):
        (memory / name).touch()
        study = drive(search(1), form.format(memory / name), FakeEvaluators(memory / "log"))
        assert len(study.get_trials()) == 1


@pytest.mark.parametrize("kind", ["sqlite:///{}/s.db", "journal://{}/s.log"])
@pytest.mark.parametrize("directions", [["maximize"], ["minimize", "maximize"]])
@pytest.mark.parametrize("trials", [0, 1])
def test_a_study_of_another_program_is_refused_and_stays(
    kind: str,
    directions: list[str],
    trials: int,
    memory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(studies, "UNMARKED", 0.2)
    url = kind.format(memory)
    foreign = optuna.create_study(storage=storage_of(url), study_name="s", directions=directions)
    for _ in range(trials):
        foreign.tell(foreign.ask(), [0.5] * len(directions))
    (file,) = (each for each in memory.iterdir() if each.suffix in (".db", ".log"))
    before = contents(file)
    with pytest.raises(InputError, match="not made by arena") as caught:
        studies.open_study(url, "s", ["maximize"], named("one"))
    assert caught.value.key == "--study"
    assert caught.value.found == f"s ({trials} trials; {', '.join(directions)})"
    assert caught.value.allowed
    assert contents(file) == before


def contents(file: Path) -> list[str] | bytes:
    if file.suffix != ".db":
        return file.read_bytes()
    with sqlite3.connect(file) as connection:
        return list(connection.iterdump())


def test_a_search_of_other_goals_is_refused(memory: Path) -> None:
    url = f"sqlite:///{memory}/s.db"
    studies.open_study(url, "s", ["maximize"], named("one"))
    with pytest.raises(InputError, match="another scenario"):
        studies.open_study(url, "s", ["maximize", "minimize"], named("one"))


def test_a_driver_waits_for_the_mark_of_the_one_that_makes_the_study(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{memory}/s.db"
    made = optuna.create_study(storage=storage_of(url), study_name="s", direction="maximize")

    def marks(seconds: float) -> None:
        made.set_user_attr(studies.SCENARIO, named("one").digest)

    monkeypatch.setattr(studies.time, "sleep", marks)
    assert studies.open_study(url, "s", ["maximize"], named("one")).study_name == "s"


@pytest.mark.parametrize("revision", ["v2.6.0.a", "v99.0.0.a"])
def test_a_database_of_another_version_of_optuna_is_refused_and_stays(
    revision: str, memory: Path
) -> None:
    file = memory / "s.db"
    storage_of(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.execute("DROP TABLE trial_heartbeats")
    before = contents(file)
    assert "no longer compatible" in str(refused(f"sqlite:///{file}"))
    assert contents(file) == before


def test_tables_of_another_program_are_left_alone(memory: Path) -> None:
    file = memory / "s.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE studies (title TEXT)")
        connection.execute("INSERT INTO studies VALUES ('of birds')")
    before = contents(file)
    assert "not Optuna's" in str(refused(f"sqlite:///{file}"))
    assert contents(file) == before


def test_a_database_whose_making_was_interrupted_is_made_whole(memory: Path) -> None:
    file = memory / "s.db"
    storage_of(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        for table in ("version_info", "alembic_version", "trial_values"):
            connection.execute(f"DROP TABLE {table}")
    study = drive(search(1), f"sqlite:///{file}", FakeEvaluators(memory / "log"))
    assert len(study.get_trials()) == 1


URL = "nodb+nodriver://me:ge%40heim@host/db?password=auch"


def test_errors_of_a_storage_name_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError(f"no way to {URL} as me with ge@heim or ge%40heim or auch")

    monkeypatch.setattr(storages.sqlalchemy, "create_engine", fails)
    caught = refused(URL.replace("nodb+nodriver", "postgresql"))
    for secret in ("heim", "auch"):
        assert secret not in str(caught)


def test_a_storage_that_fails_during_a_search_stops_it(memory: Path) -> None:
    url = "postgresql://me:geheim@host/db"
    error = OperationalError("UPDATE", {}, Exception(f"server closed the connection to {url}"))
    with pytest.raises(MachineError, match="server closed") as caught, in_use(url):
        raise optuna.exceptions.StorageInternalError from error
    assert "geheim" not in str(caught.value)
    assert "geheim" in "".join(traceback.format_exception(caught.value))  # hence the CLI redacts it


def test_a_full_disk_ends_the_search_and_its_trial_is_measured_again(memory: Path) -> None:
    """It says nothing about the strategy: a failed trial would never be measured again."""
    url = f"sqlite:///{memory}/s.db"

    class Full(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            if len(self._log.read_text().splitlines() if self._log.exists() else []) < 2:
                return super().wait(timeout)
            key, _ = self._queue.pop(0)
            return [Evaluated(key, None, MachineError("no space is left"))]

    log = memory / "log"
    with pytest.raises(MachineError, match="no space"):
        drive(search(4, prunes=False), url, Full(log))
    left = [t.state for t in optuna.load_study(study_name="s", storage=url).get_trials()]
    assert optuna.trial.TrialState.FAIL not in left
    study = optuna.load_study(study_name="s", storage=url)
    for trial in study.get_trials(deepcopy=False):
        if not trial.state.is_finished():  # as if its driver were gone
            owner = {**trial.user_attrs[ownership.OWNER], "pid": 2**22 + 1, "id": "dead"}
            optuna.Trial(study, trial._trial_id).set_user_attr(ownership.OWNER, owner)
    done = drive(search(4, prunes=False), url, FakeEvaluators(log)).get_trials()
    assert [trial.state for trial in done] == [optuna.trial.TrialState.COMPLETE] * 4
