"""No terminal, pipe or full disk fails a command that has done its work."""

from __future__ import annotations

import codecs
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.cli import streams
from arena.cli.output import show_results
from tests.support.sample_results import results

ROOT = Path(__file__).parents[2]
HARD = "é…–−≈✓●→≠ ▲ “x” 木 \udce9 🙂 ß"  # noqa: RUF001


def arena(*arguments: str, shell: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own; `shell` is what follows it on a shell's line."""
    command = f'"$0" -m arena.cli "$@" {shell}'
    everything = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, sys.executable, *arguments],
        env=everything,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_text_can_be_written_in_every_encoding(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    streams.prepare()
    streams.say(HARD)
    show_results(results(1), Path("runs/é"))
    text = raw.getvalue().decode(encoding)
    assert "unlearn lexical" in text
    if encoding == "ascii":
        assert text.startswith('e.--~+*># ^ "x" ?? ')
        assert "run folder: runs/e" in text
    assert streams.lost_output() is None


def test_a_character_that_is_missing_keeps_its_width() -> None:
    codecs.register_error(streams.ERRORS, streams._similar)
    for text, width in (("…", 1), ("木", 2), ("🙂", 2), ("é", 1), ("▲", 1)):
        assert len(text.encode("ascii", streams.ERRORS)) == width


def full() -> io.BufferedWriter:
    return open("/dev/full", "wb")


def left() -> io.BufferedWriter:
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "wb")


@pytest.mark.parametrize(("output", "status"), [(full, 1), (left, 0)])
def test_what_cannot_be_written_is_dropped(
    output: Callable[[], io.BufferedWriter],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output(), encoding="utf-8"))
    monkeypatch.setattr(sys, "stderr", told)
    streams.prepare()
    for _ in range(3):
        streams.say("x" * 100_000)
    assert streams.finish(0) == status
    assert ("No space left" in told.getvalue()) is (status == 1)
    assert streams.finish(0) == 0  # told once


def test_a_run_whose_table_cannot_be_shown_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full(), encoding="utf-8"))
    monkeypatch.setattr(sys, "stderr", told)
    streams.prepare()
    show_results(results(1), tmp_path)
    assert streams.finish(0) == 0
    assert f"run folder: {tmp_path}" in told.getvalue()


def test_closed_streams_lead_nowhere() -> None:
    """What is opened next would get their numbers, and with them what libraries print."""
    code = (
        "import os, sys; from arena.cli import streams; streams.prepare(); "
        "os._exit(3 + os.open('/', os.O_RDONLY) if sys.stdout.write('x') else 99)"
    )
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$0" <&- >&- 2>&-', code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    assert done.returncode - 3 > 2


def test_an_ascii_terminal_a_reader_that_leaves_and_a_full_disk() -> None:
    first = arena("list", shell="| head -1", PYTHONIOENCODING="ascii")
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout.isascii()
    lost = arena("list", "trigger", shell="> /dev/full")
    assert lost.returncode == 1
    assert lost.stderr == b"standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("one two", "one two"),
        ("one two three", "one two   three"),  # 10 columns: `three` goes to the second row
        ("  one two three", "  one two   three"),  # indented as the first row is
        ("0123456789 abc", "0123456789abc"),  # the first row is full
        ("a 0123456789abcdef z", "a 0123456789abcdef z"),  # longer than a row: broken anyway
        ("", ""),
    ],
)
def test_a_terminal_breaks_lines_between_words(line: str, shown: str) -> None:
    assert streams.whole_words(line, 10) == shown


def test_rows_hold_whole_words_and_no_line_break() -> None:
    line = "to continue: arena run quickstart --out runs/quickstart-20261129-123319 --quiet"
    placed = streams.whole_words(line, 60)
    assert "\n" not in placed
    assert placed.split() == line.split()
    rows = [placed[start : start + 60] for start in range(0, len(placed), 60)]
    assert [word for row in rows for word in row.split()] == line.split()
