"""The live view: says what goes on and what is waited for, at any width, and ends with its
block."""

from __future__ import annotations

import contextlib
import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from arena.progress.board import Board
from arena.progress.display import display
from arena.progress.lines import LogLines
from arena.progress.live import MOST_ROWS, LiveBoard, view
from arena.progress.observer import Planned, Silent
from tests.progress.test_lines import hammered

WIDTHS = (40, 60, 80, 140)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width)


def text_of(board: Board, width: int, title: str = "quickstart") -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(view(board.snapshot(), title, width))
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(written, str)
    return written


@pytest.fixture
def busy() -> Board:
    """A board with two running stages of two seeds, six queued ones and a phase."""
    board = Board(clock := Clock())
    board.part("cell 2 of 6: pooled")
    names = [f"score {k} s0" for k in range(6)]
    board.plan(
        [
            Planned("compromised s0", "train", 250, 60.0),
            Planned("unlearn:[bold]x[/] s1", "unlearn", 60, 60.0),
            *(Planned(name, "score", 1, 10.0) for name in names),
        ]
    )
    board.stage_started("compromised s0", "arena", 0, 250)
    board.stage_started("unlearn:[bold]x[/] s1", "defender", 1, 60)
    clock.now = 72.0
    board.stage_progress("compromised s0", 125)
    board.phase("loading torch in 1 process")
    board.best("0.610 (trial 4: rate 0.15)")
    return board


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(busy: Board, width: int) -> None:
    lines = text_of(busy, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) == 7


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_it_says_what_runs_and_what_is_queued(busy: Board, width: int) -> None:
    text = text_of(busy, width)
    for part in (
        "quickstart · cell 2 of 6: pooled",
        "0 of 8 stages",
        "compromised seed 0" if width < 100 else "compromised arena seed 0",
        "125/250 steps",
        "loading torch in 1 process",
        "queued: 6 score",
        "best so far: 0.610",
    ):
        assert part in text
    assert text.count("seed 0") == 1
    assert " s0" not in text


def test_texts_are_no_markup_and_the_time_left_is_shown(busy: Board) -> None:
    text = text_of(busy, 140)
    assert "unlearn:[bold]x[/]" in text
    assert "about" in text
    assert "left" in text


def test_before_the_plan_the_first_line_says_what_is_waited_for() -> None:
    board = Board(clock := Clock())
    board.phase("starting Ray")
    assert "quickstart · starting Ray" in text_of(board, 60)
    clock.now = 7.0
    assert "starting Ray (7 s)" in text_of(board, 60)


def test_many_running_stages_are_counted() -> None:
    board = Board()
    board.plan([Planned(f"t{k}", "score") for k in range(12)])
    for k in range(12):
        board.stage_started(f"t{k}", "arena", None, None)
    assert f"and {12 - MOST_ROWS} more running" in text_of(board, 80)


def test_a_finished_stage_leaves_and_a_stored_one_is_counted() -> None:
    board = Board()
    board.plan([Planned("a", "score"), Planned("b", "score")])
    board.stage_started("a", "arena", None, None)
    board.stage_finished("a", 1.0, cached=False)
    board.stage_finished("b", 0.0, cached=True)
    shown = board.snapshot()
    assert (shown.finished, shown.stored, shown.planned, shown.running) == (2, 1, 2, ())
    assert "2 of 2 stages (1 stored)" in text_of(board, 140)


def test_unknown_stages_are_harmless() -> None:
    stream = io.StringIO()
    board = LiveBoard(terminal(), "x")
    for observer in (LogLines(stream, every=0), board):
        with observer:
            observer.stage_progress("never started", 3)
            observer.stage_finished("never started", 1.0, cached=True)
    assert "finished  never started" in stream.getvalue()
    shown = board.snapshot()
    assert (shown.finished, shown.stored, shown.running) == (1, 1, ())


def test_the_display_stops_after_an_error_and_leaves_nothing() -> None:
    board = LiveBoard(terminal(), "x")
    with contextlib.suppress(RuntimeError), board:
        assert board._live.is_started
        raise RuntimeError
    assert not board._live.is_started


def test_many_threads_all_end() -> None:
    board = LiveBoard(terminal(), "x")
    hammered(board)
    shown = board.snapshot()
    assert (shown.finished, shown.running, shown.queued) == (200, (), ())


def test_what_is_no_terminal_gets_lines_and_quiet_gets_nothing() -> None:
    stream = io.StringIO()
    with display("x", console=Console(file=stream, force_terminal=False)) as shown:
        shown.phase("starting Ray")
    assert isinstance(shown, LogLines)
    assert "phase     starting Ray" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert isinstance(display("x", quiet=True), Silent)
    assert isinstance(display("x", console=terminal()), LiveBoard)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_queue_counts_every_stage_at_every_width(width: int) -> None:
    kinds = {"score": 23, "dose": 21, "unlearn": 9, "poison": 4, "train": 3, "examples": 1}
    board = Board(Clock())
    board.plan(
        [Planned(f"{kind} {k}", kind, 1, 1.0) for kind, n in kinds.items() for k in range(n)]
    )
    (line,) = [line for line in text_of(board, width).splitlines() if "queued" in line]
    assert sum(int(number) for number in re.findall(r"[0-9]+", line)) == sum(kinds.values())
    assert cell_len(line) <= width
