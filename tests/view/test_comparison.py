"""Runs side by side: what is paired, what is left out, and why."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from arena.results.numbers import MINUS
from arena.results.provenance import Provenance
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.writer import write_results
from arena.view.place import COMPARE, INDEX
from arena.view.seed_values import difference
from arena.view.site import Site
from tests.support.measured_results import measured
from tests.support.sample_results import results, write_run
from tests.support.site_pages import Page, page
from tests.support.stress_results import stress, write_stress
from tests.support.tune_results import tune

EVIL = "<script>document.title='ow'+'ned'</script>&\"'"


def _shift(seed: int) -> float:
    return 0.1 + 0.01 * (seed - 3.5)  # its mean over seeds 0 to 7 is 0.1


def test_runs_side_by_side_are_paired_by_seed(tmp_path: Path) -> None:
    first, second = results(8), results(8)
    lower = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"transfer": case.transfer - _shift(case.seed)})
                    if case.transfer is not None
                    else case
                    for case in pair.per_seed
                )
            }
        )
        for pair in second.transfer
    ]
    for name, each in (("a", first), ("b", second.model_copy(update={"transfer": tuple(lower)}))):
        (tmp_path / name).mkdir()
        write_results(tmp_path / name, each)
    text = Site((tmp_path,)).page(COMPARE, [("run", "a"), ("run", "b")])
    assert isinstance(text, str)
    differences = re.findall(r">(\S+ \[\S+ \S+\]) against the first, p (\S+), 8 seeds", text)
    shown = f"{MINUS}0.10 [{MINUS}0.12, {MINUS}0.08]"
    unchanged = f"0.00 [{MINUS}0.37, 0.37]"  # limits of eight equal differences
    assert set(differences) == {(shown, "0.008"), (unchanged, "1.000")}
    assert [value for value, _ in differences].count(shown) == len(first.transfer) + 1
    assert text.count("<svg") == 1
    rates = Page(text).tables["rates"]["lines"]
    models = {(line["model"], line["what"]) for line in rates}
    assert ("compromised", "ASR bard") in models
    assert ("compromised", "clean accuracy") in models
    assert {line["change_1"] for line in rates} == {0.0}
    same = {line["what"] == "clean accuracy": line["range_1"] for line in rates}
    assert same == {True: "p 1.000, 8 seeds", False: f"{MINUS}0.37 to 0.37, p 1.000, 8 seeds"}


def test_a_small_p_is_not_shown_as_zero() -> None:
    change = difference({"": dict.fromkeys(range(12), 0.1)}, {"": dict.fromkeys(range(12), 0.2)})
    assert change.basis.endswith("p < 0.001, 12 seeds")


def _lower(run: RunResults, shift: float) -> RunResults:
    """A run with a smaller T in every seed of every pair."""
    pairs = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"transfer": case.transfer and case.transfer - shift})
                    for case in pair.per_seed
                )
            }
        )
        for pair in run.transfer
    ]
    return run.model_copy(update={"transfer": tuple(pairs)})


def test_stress_runs_are_paired_by_cell_and_seed(tmp_path: Path) -> None:
    for name, shift in (("a", 0.0), ("b", 0.125)):
        cells = write_stress(tmp_path / name, stress(2)) / "cells"
        for number, cell in enumerate(sorted(cells.iterdir())):
            write_results(cell, _lower(measured(), shift * (1 + number)))
    write_stress(tmp_path / "bare", stress(2))
    shutil.rmtree(tmp_path / "bare" / "cells")
    write_run(tmp_path / "run", 8)
    asked = [("run", name) for name in ("a", "b", "bare", "run")]
    text = str(Site((tmp_path,)).page(COMPARE, asked))
    changes = re.findall(r">(\S+) \[\S+ \S+\] against the first, p \S+, ([^<]+)<", text)
    both = "8 seeds, 2 cells"
    assert changes == [
        (f"{MINUS}0.19", both), ("0.00", both), ("0.00", both),
        (f"{MINUS}0.12", "8 seeds"), (f"{MINUS}0.25", "8 seeds"),
    ]  # fmt: skip
    assert "T in cell llama-nano-pooled1" in text
    assert "not paired: the folders of its cells are missing" in text
    assert "not paired: one is a stress run, one is not" in text
    assert "odd over all pairs, least" in text


def test_runs_without_a_common_seed_say_so_and_keys_that_some_lack_are_folded(
    tmp_path: Path,
) -> None:
    more = ScenarioRecord({**results(2).scenario.root, "stage": "x", "added": {"one": 1}})
    moved = [
        pair.model_copy(
            update={
                "per_seed": tuple(
                    case.model_copy(update={"seed": case.seed + 100}) for case in pair.per_seed
                )
            }
        )
        for pair in results(2).transfer
    ]
    write_run(tmp_path / "a", 2)
    (tmp_path / "b").mkdir()
    other = results(2).model_copy(update={"scenario": more, "transfer": tuple(moved)})
    write_results(tmp_path / "b", other)
    text = str(Site((tmp_path,)).page(COMPARE))
    assert "not paired: no common seed" in text
    assert "against the first" not in text
    shown, _, folded = text.partition("<summary>")
    assert "<code>stage</code>" in shown
    assert folded.startswith("1 key that not every scenario has")
    assert "<code>added.<wbr>one</code>" in folded


def test_what_cannot_be_compared_is_named_with_the_reason(runs: Path, tmp_path: Path) -> None:
    names = ("with space", "stress", "running", "said", "no such run")
    text = str(Site((runs,)).page(COMPARE, [("run", name) for name in names]))
    assert '<a href="runs/running/index.html">running</a>: running, without results' in text
    assert '<a href="runs/said/index.html">said</a>: it judges no pair of actors' in text
    assert "no such run: there is no such run" in text
    assert "Transfer T" in text
    write_results(tmp_path, tune())
    searched = [("run", tmp_path.name), ("run", "with space")]
    alone = str(Site((tmp_path, runs)).page(COMPARE, searched))
    assert "a search has no T over pairs" in alone
    assert "A comparison needs two finished runs" in alone
    assert "Transfer T" not in alone
    assert "Where the scenarios differ" not in alone


def test_only_what_can_be_compared_has_a_box(runs: Path) -> None:
    lines = page(Site((runs,)), INDEX).tables["runs"]["lines"]
    boxes = {line["name"]: line["chosen_as"] for line in lines}
    assert boxes == {
        "with space": "with space", "stress": "stress", "running": None, "said": None,
    }  # fmt: skip


def test_a_comparison_says_how_each_run_was_made(tmp_path: Path) -> None:
    for name, commit in (("one", "a" * 40), ("two", "b" * 40)):
        folder = write_run(tmp_path / name, 2)
        made = Provenance(finished="2026-11-29T17:40:00+01:00", commit=commit, command=f"x {EVIL}")
        (folder / "provenance.json").write_text(made.model_dump_json())
    write_run(tmp_path / "three", 1)  # nothing is known
    text = str(Site((tmp_path,)).page(COMPARE, [("run", "one"), ("run", "two"), ("run", "three")]))
    for shown in ("2026-11-29 17:40 +0100", "a" * 12, "b" * 12, "2 (0-1)", "different versions"):
        assert shown in text
    assert "a" * 13 not in text
    assert EVIL not in text
    same = str(Site((tmp_path,)).page(COMPARE, [("run", "one"), ("run", "one")]))
    assert "Transfer T" in same
    assert "different versions" not in same
