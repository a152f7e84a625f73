"""Signals: the first ends a command in good order, a late second one at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from arena import stopping
from arena.cli.failures import guarded
from arena.progress.lines import LogLines, ending

ROOT = Path(__file__).parents[1]


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stopping, "_received", None)
    monkeypatch.setattr(stopping, "PATIENCE", 1e6)  # else these tests would be ended
    before = {number: signal.getsignal(number) for number in stopping.STOPPING}
    for number in (signal.SIGHUP, signal.SIGINT):  # ignored, and so left alone, in the background
        signal.signal(number, signal.SIG_DFL)
    stopping.catch_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("by_ray", [False, True])
def test_a_signal_is_a_status_and_a_message_in_terminal_and_log(
    number: int,
    status: int,
    by_ray: bool,
    caught: None,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def interrupted() -> None:
        try:
            os.kill(os.getpid(), number)
        except stopping.Stopped:
            if by_ray:  # whose code in C knows only this
                raise KeyboardInterrupt from None
            raise

    with (tmp_path / "run.log").open("w") as log:
        with pytest.raises(typer.Exit) as ended, guarded(False), ending(LogLines(log)):
            interrupted()
        os.kill(os.getpid(), number)  # a group of processes gets it twice
    assert ended.value.exit_code == status
    name = signal.Signals(number).name
    assert capsys.readouterr().err.startswith(f"stopped by {name}: any finished stages are stored")
    assert f"stopped by {name}" in (tmp_path / "run.log").read_text()


def test_a_signal_that_the_caller_ignores_stays_ignored(caught: None) -> None:
    """nohup, and what a shell runs in the background."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stopping.catch_signals()
    os.kill(os.getpid(), signal.SIGHUP)
    assert stopping.received() is None


STUCK = """
import signal, subprocess, sys, time
from arena import stopping
stopping.catch_signals()
stopping.SAME, stopping.PATIENCE = 0.1, float(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
told = False
while True:
    try:
        if not told:
            told = True
            print(child.pid, flush=True)
        time.sleep(60)
    except KeyboardInterrupt:  # as if the end in good order took for ever
        pass
"""


@pytest.mark.parametrize("again", [True, False])
def test_a_second_signal_or_patience_ends_it_with_all_that_it_started(again: bool) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, "60" if again else "0.5"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    while again and process.poll() is None:
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "stopped at once" in told
    end = time.monotonic() + 10
    while running(child):
        assert time.monotonic() < end, "its child is left"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
