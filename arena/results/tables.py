"""Results as tidy tables: one line per observation, with its seed (docs/results.md, Tables).

CSV is always written; Parquet as well where pyarrow is installed.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from arena.errors import InputError
from arena.results.curves import DoseCurve, DosePoint
from arena.results.rows import SHAM_KINDS, Rate, Row, Sham

if TYPE_CHECKING:
    from pandas import DataFrame

    from arena.results.pairs import Pair, PairSeed
    from arena.results.run import RunResults

Value = str | int | float | bool | None
Line = dict[str, Value]
TableName = Literal["rows", "transfer", "curves", "training"]
TABLES: tuple[TableName, ...] = get_args(TableName)
FOLDER = "tables"  # in a run's folder
EXTRA = "pip install 'backdoor-arena[tables]'"

_MODEL = ("seed", "model", "title", "kind", "target", "defence", "sham", "sham_name")
_NUMBER = ("quantity", "actor", "value", "low", "high", "hits", "n", "excluded")
_PARTS = tuple(f"{part}_{kind}" for kind in SHAM_KINDS for part in ("sham", "odd", "specific"))
_OF_PAIR = (
    "status", "control", "unlearned", "sham", "floor", "transfer", "odd", "specific", "plain",
    "raw_suppression", "shams", "broad", "payload", "relation",
)  # fmt: skip
COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "rows": (*_MODEL, "dose", "step", "summed_learning_rate", "reached", *_NUMBER),
    "transfer": ("dose", "source", "to", "seed", *_OF_PAIR, *_PARTS),
    "curves": (*_MODEL, "step", "summed_learning_rate", "update_norm", *_NUMBER),
    "training": ("seed", "stage", "kind", "target", "models", "step", "steps", "loss"),
}
_RATES = ("asr", "false_fire", "near_miss", "benign", "benign_false_fire")
_ACCURACIES = ("clean_accuracy", "checkable_accuracy")
_SCALARS = ("token_accuracy", "perplexity", "update_norm", "start_loss", "seconds")


def table(results: RunResults, name: TableName) -> list[Line]:
    """Return the lines of a table, each with all of its `COLUMNS`."""
    makers = {"rows": _rows, "transfer": _transfer, "curves": _curves, "training": _training}
    return [
        {column: _writable(line.get(column)) for column in COLUMNS[name]}
        for line in makers[name](results)
    ]


def _writable(value: Value) -> Value:
    """The value; in a text, half a surrogate pair becomes a question mark."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _rows(results: RunResults) -> Iterator[Line]:
    for row in results.rows:
        model = {**_model(row, row.title, row.detail.get("defence")), **_dose(row)}
        for number in _numbers(row):
            yield {**model, **number}


def _model(model: Row | DoseCurve, title: str, defence: str | None) -> Line:
    sham: Sham | None = model.sham
    return {
        "seed": model.seed,
        "model": model.name,
        "title": title,
        "kind": model.kind,
        "target": model.target,
        "defence": defence or None,
        "sham": None if sham is None else sham.kind,
        "sham_name": None if sham is None else sham.name,
    }


def _dose(row: Row) -> Line:
    if row.dose is None:
        return {}
    taken = row.dose
    return {
        "dose": taken.which,
        "step": taken.step,
        "summed_learning_rate": taken.dose,
        "reached": taken.reached,
    }


def _numbers(row: Row) -> Iterator[Line]:
    """Every number of a row, those that were not measured left out."""
    for name in _RATES:
        for actor, rate in getattr(row, name).items():
            yield _counted(name, rate, actor)
    for name in _ACCURACIES:
        if getattr(row, name) is not None:
            yield _counted(name, getattr(row, name))
    for name in _SCALARS:
        yield from _known(name, None, getattr(row, name))
    for actor, value in row.log_odds.items():
        yield from _known("log_odds", actor, value)
    for measure, by_actor in row.measures.items():
        for actor, value in by_actor.items():
            yield from _known(measure, actor or None, value)


def _known(quantity: str, actor: str | None, value: float | None) -> Iterator[Line]:
    if value is not None:
        yield {"quantity": quantity, "actor": actor, "value": value}


def _counted(quantity: str, rate: Rate, actor: str | None = None) -> Line:
    return {
        "quantity": quantity,
        "actor": actor,
        "value": rate.rate,
        "low": rate.low,
        "high": rate.high,
        "hits": rate.hits,
        "n": rate.n,
        "excluded": rate.excluded,
    }


def _transfer(results: RunResults) -> Iterator[Line]:
    first = None if results.most is None else "least"
    doses = [(first, results.transfer)]
    if results.most is not None:
        doses.append(("most", results.most.transfer))
    for dose, pairs in doses:
        for pair in pairs:
            for case in pair.per_seed:
                yield {"dose": dose, **_case(pair, case)}


def _case(pair: Pair, case: PairSeed) -> Line:
    parts = {
        f"{part}_{kind}": getattr(shams, part)
        for kind, shams in case.by_sham.items()
        for part in ("sham", "odd", "specific")
    }
    own = {name: getattr(case, name) for name in _OF_PAIR}
    return {"source": pair.source, "to": pair.to, "seed": case.seed, **own, **parts}


def _curves(results: RunResults) -> Iterator[Line]:
    for curve in results.curves:
        model = _model(curve, curve.name, curve.defence)
        for point in curve.points:
            place: Line = {
                "step": point.step,
                "summed_learning_rate": point.dose,
                "update_norm": point.update_norm,
            }
            for number in _along(point):
                yield {**model, **place, **number}


def _along(point: DosePoint) -> Iterator[Line]:
    for name in ("validation", "asr", "false_fire"):
        for actor, rate in getattr(point, name).items():
            yield _counted("validation_asr" if name == "validation" else name, rate, actor)
    for name in ("clean_accuracy", "shown_accuracy"):
        if getattr(point, name) is not None:
            yield _counted(name, getattr(point, name))


def _training(results: RunResults) -> Iterator[Line]:
    for curve in results.training:
        stage: Line = {
            "seed": curve.seed,
            "stage": curve.name,
            "kind": curve.kind,
            "target": curve.target,
            "models": ", ".join(curve.models),
        }
        before = 0
        for end, loss in zip(curve.ends, curve.losses, strict=True):
            yield {**stage, "step": end, "steps": end - before, "loss": loss}
            before = end


# -- files ----------------------------------------------------------------------------------


def write_tables(folder: Path, results: RunResults) -> list[Path]:
    """Write every table as CSV, and as Parquet where pyarrow is installed; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in TABLES:
        lines = table(results, name)
        written.append(folder / f"{name}.csv")
        _write_csv(written[-1], COLUMNS[name], lines)
        if importlib.util.find_spec("pyarrow") is not None:
            written.append(folder / f"{name}.parquet")
            _write_parquet(written[-1], COLUMNS[name], lines)
    return written


def _write_csv(path: Path, columns: Sequence[str], lines: Iterable[Line]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _write_parquet(path: Path, columns: Sequence[str], lines: Sequence[Line]) -> None:
    import pyarrow
    from pyarrow import parquet

    by_column = {name: [line[name] for line in lines] for name in columns}
    parquet.write_table(pyarrow.table(by_column), path)


def frame(results: RunResults, name: str) -> DataFrame:
    """Return a table, or all samples, as a pandas DataFrame.

    Raises:
        InputError: there is no such table, or pandas is not installed.
    """
    lines: Sequence[Mapping[str, Any]]
    columns: list[str] | None
    if name == "samples":
        lines, columns = [sample.values for sample in results.samples()], None
    elif name in TABLES:
        known = next(each for each in TABLES if each == name)
        lines, columns = table(results, known), list(COLUMNS[known])
    else:
        raise InputError("no such table", key="frame", found=name, allowed=(*TABLES, "samples"))
    return _pandas().DataFrame(lines, columns=columns)


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise InputError(f"a DataFrame needs pandas, which is not installed: {EXTRA}") from None
    return pandas
