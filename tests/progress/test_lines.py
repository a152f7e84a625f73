"""Progress in plain lines: greppable, one line per event, whole lines from many threads."""

from __future__ import annotations

import io
import threading

from arena.progress.lines import LogLines
from arena.progress.observer import NewStages, Observer, Planned, Several, Silent


def run_one(observer: Observer) -> None:
    observer.phase("starting Ray")
    observer.phase("starting Ray")
    observer.plan([Planned("inject s0", "train", 250), Planned("poison:bard", "poison")])
    observer.stage_started("inject s0", "arena", 0, 250)
    observer.stage_progress("inject s0", 125)
    observer.stage_finished("inject s0", 8.25, cached=False)
    observer.stage_started("poison:bard", "bard", 0, None)
    observer.stage_finished("poison:bard", 0.0, cached=True)
    observer.note("look\nhere")
    observer.part("cell 1 of 2: pooled", None)
    observer.best("0.61")


def lines_of(every: float) -> list[str]:
    stream = io.StringIO()
    with LogLines(stream, every=every) as observer:
        run_one(observer)
    return [line[10:].rstrip() for line in stream.getvalue().splitlines()]


def test_quiet_says_nothing(capsys) -> None:  # type: ignore[no-untyped-def]
    with Silent() as observer:
        run_one(observer)
    assert capsys.readouterr() == ("", "")


def test_every_event_has_a_line_that_names_a_seed_once() -> None:
    assert lines_of(every=60) == [
        "phase     starting Ray",
        "plan      2 stages",
        "started   inject s0  (arena, 250 steps)",
        "finished  inject s0  8.2 s  [1/2]",
        "started   poison:bard  (bard, seed 0)",
        "finished  poison:bard  from the store  [2/2]",
        "note      look here",
        "next      cell 1 of 2: pooled",
        "best      0.61",
    ]


def test_progress_lines_come_when_due() -> None:
    assert "running   inject s0  125/250" in lines_of(every=0)


def test_the_time_left_ends_a_line_once_it_is_known() -> None:
    stream = io.StringIO()
    lines = LogLines(stream)
    lines.plan([Planned("a", "train", 10, 400.0), Planned("b", "train", 10, 200.0)])
    lines.stage_finished("a", 400.0, cached=False)
    plan, finished = stream.getvalue().splitlines()
    assert plan.endswith("plan      2 stages  about 10 min left")
    assert finished.endswith("[1/2]  about 7 min left")  # as slow as the first was


def test_several_observers_see_the_same() -> None:
    one, other = io.StringIO(), io.StringIO()
    with Several(LogLines(one, every=60), LogLines(other, every=60)) as both:
        run_one(both)
    assert [line[10:] for line in one.getvalue().splitlines()] == [
        line[10:] for line in other.getvalue().splitlines()
    ]
    assert len(one.getvalue().splitlines()) == 9


def hammer(observer: Observer, worker: int) -> None:
    for i in range(25):
        stage = f"stage {worker}.{i}"
        observer.stage_started(stage, "arena", worker, 3)
        observer.stage_progress(stage, 2)
        observer.stage_finished(stage, 0.1, cached=False)


def hammered(observer: Observer) -> None:
    """Report 200 stages from 8 threads."""
    with observer:
        observer.plan([Planned(f"stage {w}.{i}", "toy") for w in range(8) for i in range(25)])
        threads = [threading.Thread(target=hammer, args=(observer, w)) for w in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def test_lines_of_many_threads_never_mix() -> None:
    stream = io.StringIO()
    hammered(LogLines(stream, every=0))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + 200 * 3
    assert "[200/200]" in lines[-1]
    assert all(line[10:19].strip() in ("plan", "started", "running", "finished") for line in lines)


def test_stages_that_the_store_holds_are_left_out_where_most_are_shared() -> None:
    stream = io.StringIO()
    shown = NewStages(LogLines(stream, every=60))
    for name in ("one", "two"):
        shown.plan([Planned("shared", "train", 10, 0.0), Planned(name, "train", 10, None)])
        shown.stage_finished("shared", 0.0, cached=True)
        shown.stage_started(name, "arena", 0, None)
        shown.stage_finished(name, 1.0, cached=False)
    text = stream.getvalue()
    assert "shared" not in text
    assert text.count("[1/1]") == 2
