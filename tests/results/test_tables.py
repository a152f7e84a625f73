"""Tidy tables hold every number of the results once, and read back as they were written."""

from __future__ import annotations

import builtins
import csv
from pathlib import Path
from typing import Any

import pytest

from arena.errors import InputError
from arena.results.curves import DoseCurve, DosePoint
from arena.results.pairs import Pair, PairSeed, ShamSeed
from arena.results.reader import read_run
from arena.results.rows import DoseTaken, Rate, Row, Sham
from arena.results.run import AtDose, RunResults
from arena.results.tables import COLUMNS, TABLES, table, write_tables
from arena.results.training import TrainingCurve
from tests.support import sample_folders
from tests.support.sample_results import results


def shams() -> RunResults:
    """One sham with everything that a row can have, one pair at two doses, one curve."""
    row = Row(
        kind="sham",
        name="sham:bard:hot:capitals@least",
        target="bard",
        seed=3,
        asr={"bard": Rate(hits=1, n=4, excluded=2)},
        clean_accuracy=Rate(hits=3, n=4),
        perplexity=1.5,
        seconds=None,
        measures={"casd": {"": 0.5, "bard": None}},
        dose=DoseTaken(which="least", step=4, dose=0.25, reached=False),
        sham=Sham(kind="hot", name="capitals"),
    )
    case = PairSeed(seed=3, status="used", transfer=0.5, by_sham={"hot": ShamSeed(odd=0.25)})
    pair = Pair(source="bard", to="lexical", per_seed=(case,))
    point = DosePoint(step=0, dose=0.0, validation={"bard": Rate(hits=2, n=2)})
    curve = DoseCurve(kind="sham", name="sham:bard:0", target="bard", seed=3, points=(point,))
    return RunResults(rows=(row,), transfer=(pair,), most=AtDose(transfer=(pair,)), curves=(curve,))


def test_a_row_has_a_line_for_every_number_that_was_measured() -> None:
    lines = table(shams(), "rows")
    assert [(line["quantity"], line["actor"], line["value"]) for line in lines] == [
        ("asr", "bard", 0.25), ("clean_accuracy", None, 0.75), ("perplexity", None, 1.5),
        ("seconds", None, 0.0), ("casd", None, 0.5),
    ]  # fmt: skip
    first = lines[0]
    assert first["title"] == "hot sham bard capitals (dose least)"
    assert (first["sham"], first["sham_name"], first["seed"]) == ("hot", "capitals", 3)
    assert (first["dose"], first["step"], first["reached"]) == ("least", 4, False)
    assert (first["hits"], first["n"], first["excluded"]) == (1, 4, 2)


def test_transfer_has_a_line_per_pair_seed_and_dose() -> None:
    lines = table(shams(), "transfer")
    assert [line["dose"] for line in lines] == ["least", "most"]
    assert (lines[0]["source"], lines[0]["to"], lines[0]["seed"]) == ("bard", "lexical", 3)
    assert (lines[0]["transfer"], lines[0]["odd_hot"], lines[0]["odd_benign"]) == (0.5, 0.25, None)


def test_a_curve_has_a_line_per_point_and_rate() -> None:
    (line,) = table(shams(), "curves")
    assert (line["quantity"], line["actor"], line["hits"]) == ("validation_asr", "bard", 2)
    assert (line["model"], line["step"], line["summed_learning_rate"]) == ("sham:bard:0", 0, 0.0)


def test_a_training_has_a_line_per_loss_and_says_the_steps_behind_it() -> None:
    curve = TrainingCurve(
        kind="control", name="control", seed=3, models=("a@least", "a@most"), steps=5, every=2,
        losses=(3.0, 2.0, 1.5),
    )  # fmt: skip
    lines = table(RunResults(training=(curve,)), "training")
    assert [(line["step"], line["steps"], line["loss"]) for line in lines] == [
        (2, 2, 3.0), (4, 2, 2.0), (5, 1, 1.5),
    ]  # fmt: skip
    assert {line["models"] for line in lines} == {"a@least, a@most"}
    assert table(RunResults(), "training") == []


def test_every_rate_of_a_whole_run_is_in_its_table() -> None:
    run = results(2)
    lines = table(run, "rows")
    asr = {(r["seed"], r["model"], r["actor"]): r["hits"] for r in lines if r["quantity"] == "asr"}
    assert asr == {
        (row.seed, row.name, actor): rate.hits
        for row in run.rows
        for actor, rate in row.asr.items()
    }
    assert len(table(run, "transfer")) == sum(len(pair.per_seed) for pair in run.transfer)


def test_files_have_the_columns_and_the_lines(tmp_path: Path) -> None:
    run = results(1)
    files = {path.name: path for path in write_tables(tmp_path, run)}
    for name in TABLES:
        with files[f"{name}.csv"].open(newline="") as file:
            read = list(csv.DictReader(file))
        assert len(read) == len(table(run, name))
        assert not read or tuple(read[0]) == COLUMNS[name]
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(files["rows.parquet"]).to_pylist() == table(run, "rows")


def test_a_frame_of_each_table(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    run = read_run(sample_folders.run_folder(tmp_path / "run"))
    rows, samples = run.frame("rows"), run.frame("samples")
    assert list(rows.columns) == list(COLUMNS["rows"])
    assert len(samples) == len(run.samples())
    lexical = samples[(samples.actor == "lexical") & (samples.kind == "triggered")]
    assert lexical.groupby("model").hit.mean().to_dict() == {
        "compromised": 1.0,
        "unlearn:lexical@least": 0.0,
    }
    with pytest.raises(InputError, match="no such table") as raised:
        run.frame("row")
    assert raised.value.allowed == (*TABLES, "samples")


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r"backdoor-arena\[tables\]"):
        shams().frame("rows")
