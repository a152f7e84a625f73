"""A calibration in the terminal: everything that was tried, and the lines to put in a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting.console import chunks, name_lines, plain_table
from arena.reporting.numbers import NONE, decimals
from arena.reporting.strategies import plain
from arena.search.calibration.calibrate import Calibration, Try
from arena.search.calibration.levers import Values

FIXED, COLUMN = 34, 10  # columns beside the actors', and of an actor at least
LONG = 18  # columns of the longest name that is on one line


def calibration_table(done: Calibration, width: int) -> RenderableType:
    """Return what was tried, one row per try: steps, learning rate if it changed, and by actor the
    poison with the lowest ASR over seeds (and after the clean fine-tune)."""
    names = list(done.levers.poison)
    column = max(COLUMN, *(min(cell_len(name), LONG) + 2 for name in names))
    groups = chunks(names, max(1, (width - FIXED) // column))
    tables = [_table(done, list(group), column - 2) for group in groups]
    return Group(*(Padding(table, (0, 0, 1, 0)) for table in tables), _key(done))


def _table(done: Calibration, names: list[str], room: int) -> Table:
    title = f"Exposures tried on validation prompts of seeds {done.seeds[0]} to {done.seeds[-1]}"
    table = plain_table(title)
    for head in ("try", "steps", *(["rate"] if _varies(done) else []), "seeds"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for name in names:
        table.add_column(name_lines(name, room), justify="right", no_wrap=True)
    table.add_column(Text("clean"), justify="right", no_wrap=True)
    table.add_column(Text(""), overflow="fold")
    for tried in done.tries:
        table.add_row(*_row(done, tried, names))
        table.add_section()
    return table


def _row(done: Calibration, tried: Try, names: list[str]) -> list[Text]:
    best = done.best is not None and tried.number == done.best.number
    lost = tried.measured.lost
    return [
        Text(f"{tried.number}{'*' if best else ''}", "bold" if best else ""),
        Text(_of(tried.values, done.levers.steps)),
        *([Text(_of(tried.values, done.levers.learning_rate))] if _varies(done) else []),
        Text(f"{tried.measured.seeds}/{len(done.seeds)}"),
        *(_cell(done, tried, name) for name in names),
        Text(NONE if lost is None else decimals(-lost)),
        Text(_broken(tried), "dim" if tried.short else "bold"),
    ]


def _cell(done: Calibration, tried: Try, name: str) -> Text:
    """Poison; below it the lowest ASR, and what the clean fine-tune leaves."""
    measured = tried.measured
    short = tried.short
    low = name in {*short.low, *short.fires, *short.erased}
    rates = decimals(measured.asr.get(name))
    if name in measured.kept:
        rates = f"{rates}>{decimals(measured.kept[name])}"
    poison = plain(tried.values[done.levers.poison[name].key])
    return Text(f"{poison}\n").append(f"{'!' if low else ''}{rates}", "bold" if low else "")


def _broken(tried: Try) -> str:
    """The limits that were broken, in a word each."""
    short = tried.short
    words = {"ASR": short.low, "false fire": short.fires, "clean": short.lost, "kept": short.erased}
    return ", ".join(name for name, broken in words.items() if broken) or "holds"


def _of(values: Values, levers: tuple[object, ...]) -> str:
    keys = [lever.key for lever in levers]  # type: ignore[attr-defined]
    return " ".join(plain(values[key]) for key in keys)


def _varies(done: Calibration) -> bool:
    """Whether a try changed a learning rate."""
    speeds = [lever.key for lever in done.levers.learning_rate]
    return any(t.values[key] != done.levers.start[key] for t in done.tries for key in speeds)


def _key(done: Calibration) -> Text:
    limits = done.limits
    kept = ""
    if any(tried.measured.kept for tried in done.tries):
        kept = (
            f"; after > the ASR that the clean fine-tune leaves (at least {decimals(limits.kept)})"
        )
    return Text(
        f"By actor: poison, and the lowest ASR over seeds (at least {decimals(limits.asr)}){kept}; "
        "! where a limit is broken, named at the end of the line. "
        f"clean: change of clean accuracy against the reference (at most {decimals(limits.lost)} "
        "down). A try that falls short in a seed is not measured in the next. * the smallest that "
        "keeps every limit. No removal was trained.",
        style="dim",
    )


def found(done: Calibration, wanted: Try) -> dict[str, float]:
    """Return the keys of a try whose values differ from the scenario's."""
    start: Mapping[str, float] = done.levers.start
    return {key: value for key, value in wanted.values.items() if value != start[key]}


def settings(values: Values) -> Iterator[str]:
    """Yield values as `--set` takes them."""
    for key, value in values.items():
        yield f"--set {key}={value:g}"
