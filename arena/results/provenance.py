"""When a run ended, with which code, and by which command: beside its results and not in them,
since the same run done twice has the same results."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from arena.results.base import Part
from arena.results.run_state import given_command

FILE = "provenance.json"
PACKAGE = "backdoor-arena"
LIMIT = 10.0  # seconds that git may take


class Provenance(Part):
    """Where the results in a folder come from; what is not known is empty.

    Attributes:
        finished: when the results were written, ISO 8601, local time with its offset from UTC.
        version: of the package. commit: of the git checkout that the code is in. modified: whether
            the code differed from the commit.
        command: as it was given, without passwords and the home folder; empty if the run was begun
            from Python.
    """

    finished: str = ""
    version: str = ""
    commit: str = ""
    modified: bool = False
    command: str = ""


def provenance_now() -> Provenance:
    """Return the provenance of results that are written now, by this process."""
    commit, modified = _commit(Path(__file__).resolve().parents[1])
    return Provenance(
        finished=datetime.now().astimezone().isoformat(timespec="seconds"),
        version=_version(),
        commit=commit,
        modified=modified,
        command=given_command(),
    )


def write_provenance(folder: Path) -> None:
    """Write the provenance of results that are about to be written into a run's folder."""
    text = provenance_now().model_dump_json(indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read_provenance(folder: Path) -> Provenance:
    """Return the provenance in a run's folder; an empty one if there is none that can be read, as
    in folders of older versions."""
    try:
        return Provenance.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return Provenance()


def _version() -> str:
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _commit(package: Path) -> tuple[str, bool]:
    """The commit of the checkout that a package lies in the top folder of, and whether its code
    was changed since; an installed package is in no checkout, whatever is around it."""
    top = package.parent
    if not (top / ".git").exists():
        return "", False
    commit = _git(top, "rev-parse", "HEAD")
    changed = _git(top, "status", "--porcelain", "--", "arena", "attackers", "defenders")
    return commit, bool(commit and changed)


def _git(top: Path, *words: str) -> str:
    """What git prints; empty where it fails or is missing."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(top), *words],
            capture_output=True, text=True, timeout=LIMIT, check=True, env=own,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
