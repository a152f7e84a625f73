"""A page of the documentation, followed to the letter in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.testing.toys import TOY

ROOT = Path(__file__).parents[2]
SHORT = (
    "training.pretraining.steps=4",
    "training.continual_pretraining.steps=4",
    "defender.steps=2",
    "runtime.backend=serial",  # a Ray cluster for each command would take most of the time
)
SIZES = tuple(part for setting in (*TOY, *SHORT) for part in ("--set", setting))
COMMENT = re.compile(r"\s{2,}#.*$")


@dataclass(frozen=True)
class Followed:
    """A folder in which every step of a page was taken, and what each command printed."""

    folder: Path
    printed: Mapping[str, str]


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: their language and their text."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(page: Path, language: str) -> list[str]:
    """Return the commands in a page's blocks of a language, without their comments."""
    lines = [line for each, text in blocks(page) if each == language for line in text.splitlines()]
    return [COMMENT.sub("", line) for line in lines]


def files(page: Path) -> dict[str, str]:
    """Return the files that a page shows, by the name in their first line (`# marks.py`)."""
    heads = [text.partition("\n") for _, text in blocks(page)]
    named = re.compile(r"# (\S+\.\w+)$")
    return {found[1]: rest for head, _, rest in heads if (found := named.match(head))}


def follow(page: Path, folder: Path, language: str, extra: Sequence[str] = ()) -> Followed:
    """Write the files of a page and run its commands, `arena run` at toy size."""
    for name, text in files(page).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    printed = {line: run(line, folder, extra) for line in commands(page, language)}
    return Followed(folder, printed)


def run(line: str, folder: Path, extra: Sequence[str] = ()) -> str:
    """Run a command of a page and return what it printed; `arena run` at toy size, and with the
    extra arguments unless it names its seeds."""
    words = shlex.split(line)
    if words[:2] == ["arena", "run"]:
        words += ["--quiet", *SIZES, *([] if "--seeds" in words else extra)]
    if words[0] in ("arena", "pip"):
        words = [sys.executable, "-m", words[0].replace("arena", "arena.cli"), *words[1:]]
    done = subprocess.run(
        words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Return the reader's shell; packages are installed below the folder, from no index."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
        "ARENA_STORE": str(folder / "store"),
        "COLUMNS": "120",
        "PIP_TARGET": str(folder / "site"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this switch the wrong way round
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
