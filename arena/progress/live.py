"""Progress in a terminal: what is being done, the time left, a bar for every running stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from arena.progress.board import Board, RunningStage, Snapshot
from arena.progress.forecast import clock_time
from arena.progress.observer import Traceback
from arena.progress.startup import clear

PER_SECOND = 8  # refreshes
MOST_ROWS = 8  # running stages shown at once
WIDE = 100  # columns from which a row also names the party
INK = "#4a88c0"  # legible on a dark and on a light background
END = 24  # columns of the words after a bar
ECHO = 3  # columns left free: the `^C` that a terminal echoes must not wrap to another line
SPACES = 2  # columns that a line is indented by


class LiveBoard(Board):
    """A display at the foot of a terminal, which disappears when its block ends. Notes and all
    other output scroll above it.

    Args:
        title: what runs, e.g. the scenario's name.
    """

    def __init__(self, console: Console, title: str) -> None:
        super().__init__()
        self._console, self._title = console, title
        self._spinner = Spinner("dots", style=INK)
        self._live = Live(
            console=console,
            refresh_per_second=PER_SECOND,
            transient=True,
            get_renderable=self._view,
        )

    def __enter__(self) -> LiveBoard:
        clear()
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        self._console.print(Text(text))

    def _view(self) -> RenderableType:
        room = self._console.width - ECHO
        return view(self.snapshot(), self._title, room, self._spinner)


def view(shown: Snapshot, title: str, width: int, spinner: RenderableType = " ") -> Group:
    """Return the display of a state, at most `width` columns wide."""
    return Group(_head(shown, title, width, spinner), *_body(shown, width))


def _head(shown: Snapshot, title: str, width: int, spinner: RenderableType) -> Table:
    """What runs, and for how long. Before the first plan, also what is waited for."""
    words = Text.assemble((title, "bold"), *(f" · {each}" for each in (shown.part,) if each))
    if not shown.planned:
        words.append(f" · {_phase(shown)}" if shown.phase else "")
    clock = clock_time(shown.elapsed)
    head = Table.grid(padding=(0, 1))
    head.add_column(width=1)
    head.add_column(width=width - len(clock) - 4, no_wrap=True, overflow="ellipsis")
    head.add_column(justify="right", style="dim")
    head.add_row(spinner, words, clock)
    return head


def _body(shown: Snapshot, width: int) -> Iterator[RenderableType]:
    if shown.planned:
        yield _overall(shown, width)
    yield from (_row(each, shown.elapsed, width) for each in shown.running[:MOST_ROWS])
    if len(shown.running) > MOST_ROWS:
        yield _line(f"and {len(shown.running) - MOST_ROWS} more running", width)
    if shown.planned and shown.phase:
        yield _line(_phase(shown), width)
    if shown.queued:
        yield _line(_queue(shown.queued, width - SPACES), width)
    if shown.best:
        yield _line(f"best so far: {shown.best}", width, "")


def _queue(queued: Sequence[tuple[str, int]], room: int) -> str:
    """How many stages of each kind wait; in a narrow window the rarest kinds are counted
    together."""
    for kept in range(len(queued), 0, -1):
        rest = sum(count for _, count in queued[kept:])
        parts = [f"{count} {kind}" for kind, count in queued[:kept]] + [f"{rest} more"] * (rest > 0)
        words = f"queued: {', '.join(parts)}"
        if cell_len(words) <= room:
            return words
    return f"queued: {sum(count for _, count in queued)}"


def _phase(shown: Snapshot) -> str:
    waited = int(shown.elapsed - shown.phase_since)
    return f"{shown.phase} ({waited} s)" if waited >= 2 else shown.phase


def _overall(shown: Snapshot, width: int) -> Table:
    """The bar of the whole plan: how many stages are done, and the time left."""
    stored = f" ({shown.stored} stored)" if shown.stored and width >= WIDE else ""
    words = f"{shown.finished} of {shown.planned} {shown.what}{stored}"
    left = str(shown.left) if shown.left is not None else ""
    return _columns(Text(words, style="bold"), shown.finished, shown.planned, left, width)


def _row(stage: RunningStage, elapsed: float, width: int) -> Table:
    """A running stage: its name, its seed (once), its steps and how long it has run."""
    beside = [stage.party] if width >= WIDE and stage.party else []
    beside += [] if stage.seed is None else [f"seed {stage.seed}"]
    name = Text.assemble(stage.name, *(f" {each}" for each in beside))
    name.stylize("dim", len(stage.name))
    ran = clock_time(elapsed - stage.since)
    steps = f"{stage.done}/{stage.total} steps" if stage.total else ""
    return _columns(
        _fitted(name, len(stage.name), _room(width)),
        stage.done,
        stage.total,
        "  ".join(filter(None, (ran, steps))),
        width,
    )


def _bar_width(width: int) -> int:
    return 28 if width >= WIDE else 14 if width >= 72 else 8


def _room(width: int) -> int:
    """The columns of the first column: what the bar and the words at the end leave."""
    return max(12, width - SPACES - _bar_width(width) - END - 2)


def _columns(words: Text, done: int, total: int | None, end: str, width: int) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=SPACES - 1)
    table.add_column(width=_room(width), no_wrap=True, overflow="ellipsis")
    table.add_column(width=_bar_width(width))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=END)
    bar = ProgressBar(
        total, done, width=_bar_width(width), complete_style=INK, finished_style=INK
    ) if total else ""  # fmt: skip
    table.add_row("", words, bar, end)
    return table


def _fitted(line: Text, name: int, room: int) -> Text:
    """The line, its first `name` characters shortened so that the rest still fits."""
    if cell_len(line.plain) <= room:
        return line
    kept = max(4, room - cell_len(line.plain[name:]) - 1)
    head = set_cell_size(line.plain[:name], kept).rstrip() + "…"
    short = Text(head + line.plain[name:], no_wrap=True)
    short.stylize("dim", len(head))
    return short


def _line(words: str, width: int, style: str = "dim") -> Text:
    line = Text(" " * SPACES + words, style=style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line
