"""Progress: plain lines without a terminal, bars in one, safe from many threads."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from arena.progress import LogLines, NewStages, Observer, RichBars, Silent


def run_one(observer: Observer) -> None:
    observer.plan(2)
    observer.stage_started("inject:seed 0", "arena", 0, 250)
    observer.stage_progress("inject:seed 0", 125)
    observer.stage_finished("inject:seed 0", 8.25, cached=False)
    observer.stage_started("poison:bard", "bard", 0, None)
    observer.stage_finished("poison:bard", 0.0, cached=True)
    observer.note("look\nhere")


def test_quiet_says_nothing(capsys) -> None:  # type: ignore[no-untyped-def]
    with Silent() as observer:
        run_one(observer)
    assert capsys.readouterr() == ("", "")


def lines_of(every: float) -> list[str]:
    stream = io.StringIO()
    with LogLines(stream, every=every) as observer:
        run_one(observer)
    return [line[10:].rstrip() for line in stream.getvalue().splitlines()]


def test_lines_tell_every_stage() -> None:
    assert lines_of(every=60) == [
        "plan      2 stages",
        "started   inject:seed 0  (arena, seed 0, 250 steps)",
        "finished  inject:seed 0  8.2 s  [1/2]",
        "started   poison:bard  (bard, seed 0)",
        "finished  poison:bard  from the store  [2/2]",
        "note      look here",
    ]


def test_progress_lines_come_when_due() -> None:
    assert "running   inject:seed 0  125/250" in lines_of(every=0)


def test_unknown_stages_are_harmless() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    for observer in (LogLines(io.StringIO(), every=0), RichBars(console)):
        with observer:
            observer.stage_progress("never started", 3)
            observer.stage_finished("never started", 1.0, cached=True)


def test_bars_degrade_to_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    with RichBars(Console(file=stream, force_terminal=False)) as observer:
        run_one(observer)
    assert "finished  inject:seed 0" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_bars_show_running_stages_and_the_whole() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=110)
    observer = RichBars(console)
    observer.plan(3)
    observer.stage_started("inject [bold]x[/]", "arena", 4, 250)
    observer.stage_progress("inject [bold]x[/]", 125)
    observer.stage_started("poison", "bard", 4, None)
    view = Console(file=io.StringIO(), width=110)
    view.print(observer._progress.get_renderable())
    text = view.file.getvalue()  # type: ignore[attr-defined]
    assert "all stages" in text
    assert "0/3" in text
    assert "inject [bold]x[/] arena, seed 4" in text
    assert "125/250" in text
    observer.stage_finished("poison", 1.0, cached=False)
    observer.plan(4)
    view.print(observer._progress.get_renderable())
    after = view.file.getvalue()[len(text) :]  # type: ignore[attr-defined]
    assert "1/4" in after
    assert "poison" not in after


def test_the_display_stops_after_an_error() -> None:
    observer = RichBars(Console(file=io.StringIO(), force_terminal=True))
    try:
        with observer:
            assert observer._progress.live.is_started
            raise RuntimeError
    except RuntimeError:
        pass
    assert not observer._progress.live.is_started


def hammer(observer: Observer, worker: int) -> None:
    for i in range(25):
        stage = f"stage {worker}.{i}"
        observer.stage_started(stage, "arena", worker, 3)
        observer.stage_progress(stage, 2)
        observer.stage_finished(stage, 0.1, cached=False)


def hammered(observer: Observer) -> None:
    with observer:
        observer.plan(200)
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
    assert lines[-1].endswith("[200/200]")
    assert all(line[10:19].strip() in ("plan", "started", "running", "finished") for line in lines)


def test_bars_of_many_threads_all_end() -> None:
    observer = RichBars(Console(file=io.StringIO(), force_terminal=True))
    hammered(observer)
    (overall,) = observer._progress.tasks
    assert overall.completed == 200
    assert not observer._bars


def test_stages_from_the_store_are_not_counted_over_several_executions() -> None:
    stream = io.StringIO()
    observer = NewStages(LogLines(stream, every=60))
    for name in ("one", "two"):
        observer.plan(3)
        observer.stage_finished("stored", 0.0, cached=True)
        observer.stage_started(name, "arena", 0, None)
        observer.stage_started(f"{name} more", "arena", 0, None)
        observer.stage_finished(name, 1.0, cached=False)
        observer.stage_finished(f"{name} more", 1.0, cached=False)
        observer.note(f"{name} is over")
    text = stream.getvalue()
    assert "stored" not in text
    ends = [line.split("[")[1] for line in text.splitlines() if "finished" in line]
    assert ends == ["1/2]", "2/2]", "3/4]", "4/4]"]
    assert "two is over" in text
