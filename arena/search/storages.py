"""Storages of studies, by URL: opened, checked, and shown without passwords.

A URL can come from `ARENA_STORAGE` or from a file (`@FILE`), so that a password in it appears in no
list of processes. Data of other programs in the same place is never changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import optuna
import sqlalchemy
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from arena.errors import InputError, MachineError
from arena.redaction import public_url as without_passwords
from arena.redaction import redact_url

ENVIRONMENT = "ARENA_STORAGE"
FILE = "@"  # prefix of the name of a file that holds the URL
KEY = "--storage"
JOURNAL = "journal://"
FORMS = ("sqlite:///FILE", "journal://FILE", "postgresql://...", "mysql://...", "@FILE")
SQLITE = b"SQLite format 3\x00"  # the first bytes of every SQLite database
SQLITE_OPTIONS = frozenset(
    ("uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements")
)
FIRST = b'{"op_code":'  # the first bytes of every line of a journal
TABLES = frozenset(("studies", "trials", "study_directions", "version_info", "alembic_version"))


def storage_url(given: str | None, folder: Path, name: str) -> str:
    """Return the URL of a study's storage: the one given, or of `ARENA_STORAGE`, or of an SQLite
    file in the folder.

    Raises:
        InputError: a file that should hold the URL cannot be read.
    """
    chosen = given or os.environ.get(ENVIRONMENT)
    if not chosen:
        return sqlite_url(folder / f"{name}.db")
    return _from_file(chosen.removeprefix(FILE)) if chosen.startswith(FILE) else chosen


def sqlite_url(file: Path) -> str:
    """Return the URL of an SQLite file, whatever characters its path holds."""
    path = str(file)
    try:
        path.encode()
    except UnicodeEncodeError:  # undecodable bytes: only SQLite's own form of URL can hold them
        place = URL.create("sqlite", database=f"file:{quote(os.fsencode(file))}")
        return place.update_query_dict({"uri": "true"}).render_as_string(hide_password=False)
    url = URL.create("sqlite", database=path).render_as_string(hide_password=False)
    # the usual form, if nothing needs quoting
    return plain if make_url(plain := f"sqlite:///{path}").database == path else url


def _from_file(name: str) -> str:
    try:
        text = Path(name).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError, RuntimeError) as error:
        rule = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise InputError(rule, key=KEY, found=f"{FILE}{name}") from error
    if not text or "\n" in text:
        raise InputError("must hold one URL on one line", key=KEY, found=f"{FILE}{name}")
    return text


def public_url(url: str) -> str:
    """Return a storage's URL without the passwords of its user and options."""
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return re.sub(r"//.*@", "//***@", without_passwords(url))
    return without_passwords(url)


def storage_of(url: str) -> optuna.storages.BaseStorage:
    """Open the storage at a URL (`sqlite:///FILE`, `journal://FILE`, or any SQLAlchemy URL) and
    return it.

    Raises:
        InputError: it cannot be opened, or is no storage of Optuna's.
    """
    with told(url):
        if url.startswith(JOURNAL):
            return _journal(url)
        return _database(url)


@contextlib.contextmanager
def told(url: str) -> Iterator[None]:
    """Turn exceptions raised while a storage is opened into InputError."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # each database driver has its own exceptions
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if isinstance(error.__cause__, ModuleNotFoundError):  # Optuna does not name the module
            lines[0] += f" ({error.__cause__})"
        allowed = FORMS if isinstance(error, ArgumentError) else ()
        raise _refused(f"cannot be opened: {redact_url(lines[0], url)}", url, allowed) from error


@contextlib.contextmanager
def in_use(url: str) -> Iterator[None]:
    """Turn a storage's failure during a search into MachineError."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ or error
        first = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        message = f"the study's storage failed: {redact_url(first, url)} ({public_url(url)})"
        raise MachineError(message) from error


def _refused(rule: str, url: str, allowed: tuple[str, ...] = ()) -> InputError:
    return InputError(rule, key=KEY, found=public_url(url), allowed=allowed)


def _database(url: str) -> optuna.storages.RDBStorage:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = _sqlite(parsed, url)
    text = parsed.render_as_string(hide_password=False)
    return optuna.storages.RDBStorage(text, skip_table_creation=_is_optunas(parsed, url))


def _sqlite(parsed: URL, url: str) -> URL:
    """The URL with its folder created and `~` expanded; InputError if the file is no SQLite
    database."""
    options = {each.partition("=")[0] for each in url.partition("?")[2].split("&") if each}
    strange = options - SQLITE_OPTIONS
    uri = str(parsed.query.get("uri", "false")).lower() in ("true", "1", "yes", "on", "y", "t")
    if strange and not uri:
        rule = f"SQLite has no option {sorted(strange)[0]!r}; in a file's name ? is written %3F"
        raise _refused(rule, url)
    if not parsed.database or parsed.database == ":memory:" or uri:
        return parsed
    file = Path(parsed.database).expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir():
        raise _refused("is a folder", url, ("an SQLite database, or a file to be made",))
    if file.exists() and file.stat().st_size and _start(file, len(SQLITE)) != SQLITE:
        raise _refused(
            "is not an SQLite database", url, ("an SQLite database, or a file to be made",)
        )
    return parsed.set(database=str(file))


def _start(file: Path, length: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(length)


def _is_optunas(parsed: URL, url: str) -> bool:
    """Whether the database already has Optuna's tables.

    Raises:
        InputError: it has tables of the same names that are not Optuna's.
    """
    engine = sqlalchemy.create_engine(parsed)
    try:
        present = TABLES & set(sqlalchemy.inspect(engine).get_table_names())
        if {"version_info", "alembic_version"} <= present:
            return True
        with engine.connect() as connection:
            for name in sorted(present - {"version_info"}):
                table = sqlalchemy.table(name)
                if connection.execute(sqlalchemy.select(1).select_from(table).limit(1)).first():
                    rule = f"has a table {name!r} that is not Optuna's; choose another database"
                    raise _refused(rule, url)
    finally:
        engine.dispose()
    return False


def _journal(url: str) -> optuna.storages.JournalStorage:
    file = Path(url.removeprefix(JOURNAL)).expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        _check_journal(file, url)
    return optuna.storages.JournalStorage(JournalFileBackend(str(file)))


def _check_journal(file: Path, url: str) -> None:
    """Refuse a file that is no journal, and cut off an unfinished last line that a killed driver
    left: it was never read, and the next entry would continue the same line.

    Raises:
        InputError: the file is no journal.
    """
    *whole, last = file.read_bytes().split(b"\n")
    for number, line in enumerate(whole, 1):
        if not _is_entry(line):
            raise _refused(f"line {number} is not an entry of Optuna's journal", url)
    if last and not (last.startswith(FIRST) or FIRST.startswith(last)):
        raise _refused(f"line {len(whole) + 1} is not an entry of Optuna's journal", url)
    if last:
        _cut_off(file, len(last))


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and isinstance(entry.get("op_code"), int)


def _cut_off(file: Path, length: int) -> None:
    """Cut off the last bytes, unless another driver has written since."""
    from optuna.storages.journal import JournalFileSymlinkLock

    lock = JournalFileSymlinkLock(str(file))
    lock.acquire()
    try:
        size = file.stat().st_size
        with file.open("r+b") as opened:
            opened.seek(max(0, size - length))
            if b"\n" not in opened.read():
                opened.truncate(size - length)
    finally:
        lock.release()
