"""A calibration in the terminal: everything that was tried, and the lines to put in a scenario."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from arena.reporting.console import name_lines, plain_table
from arena.reporting.strategies import plain
from arena.results.numbers import NONE, decimals
from arena.search.calibration.calibrate import Calibration, Try
from arena.search.calibration.levers import Values

ROOM = 10  # columns of an actor's name on one line, so that a table fits 60


def calibration_table(done: Calibration) -> RenderableType:
    """Return what was tried, one line per try and actor: steps, learning rate if a try changed it,
    seeds measured, poison, the lowest ASR over seeds and the lowest after the clean fine-tune."""
    title = f"Exposures tried on validation prompts of seeds {done.seeds[0]} to {done.seeds[-1]}"
    table = plain_table(title)
    for head in ("try", "steps\nrate" if _varies(done) else "steps", "seeds", "clean"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    table.add_column(Text("actor"), no_wrap=True)
    for head in ("poison", "ASR", "kept"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for tried in done.tries:
        whole = itertools.chain(_whole(done, tried), itertools.repeat([Text()] * 4))
        for name, cells in zip(done.levers.poison, whole, strict=False):
            table.add_row(*cells, name_lines(name, ROOM), *_of_actor(done, tried, name))
        table.add_section()
    return Group(Padding(table, (0, 0, 1, 0)), _key(done))


def _whole(done: Calibration, tried: Try) -> Iterator[list[Text]]:
    """The cells of a try that are no actor's; the learning rate stands below the steps."""
    best = done.best is not None and tried.number == done.best.number
    lost = tried.measured.lost
    rate = _of(tried.values, done.levers.learning_rate) if _varies(done) else ""
    one = len(done.levers.poison) == 1
    steps = _of(tried.values, done.levers.steps)
    yield [
        Text(f"{tried.number}{'*' if best else ''}", "bold" if best else ""),
        Text(f"{steps}\n{rate}" if one and rate else steps),
        Text(f"{tried.measured.seeds}/{len(done.seeds)}"),
        _marked(NONE if lost is None else decimals(-lost), tried.short.lost),
    ]
    yield [Text(), Text(rate), Text(), Text()]


def _of_actor(done: Calibration, tried: Try, name: str) -> list[Text]:
    """Poison, ASR and what the clean fine-tune leaves."""
    measured, short = tried.measured, tried.short
    poison = plain(tried.values[done.levers.poison[name].key])
    kept = measured.kept.get(name)
    return [
        Text(poison),
        _marked(decimals(measured.asr.get(name)), name in {*short.low, *short.fires}),
        _marked(NONE if kept is None else decimals(kept), name in short.erased),
    ]


def _marked(text: str, broken: bool) -> Text:
    return Text(f"!{text}", "bold") if broken else Text(text)


def _of(values: Values, levers: tuple[object, ...]) -> str:
    keys = [lever.key for lever in levers]  # type: ignore[attr-defined]
    return " ".join(plain(values[key]) for key in keys)


def _varies(done: Calibration) -> bool:
    """Whether a try changed a learning rate."""
    speeds = [lever.key for lever in done.levers.learning_rate]
    return any(t.values[key] != done.levers.start[key] for t in done.tries for key in speeds)


def _key(done: Calibration) -> Text:
    limits = done.limits
    return Text(
        "! a limit is broken. clean: change of clean accuracy against the reference (at most "
        f"{decimals(limits.lost)} down). ASR: lowest over seeds (at least {decimals(limits.asr)}, "
        f"with false fire of at most {decimals(limits.false_fire)}). kept: the same after the "
        f"clean fine-tune (at least {decimals(limits.kept)}, at a dose that every backdoor "
        "survives). A try that falls short in a seed is not measured further. * the smallest that "
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
