"""Whole stress runs at toy size: the plan, the folders, a cell that fails, going on."""

from __future__ import annotations

from typing import Any

import pytest

from arena import stress
from arena.errors import ArenaError, InputError
from arena.grid import run as stress_run
from arena.grid.preview import Outline, summary, table
from arena.grid.run import StressResult
from arena.measures.quiet.findings import QuietFindings
from arena.measures.reactivation.findings import ReactivationFindings
from arena.measures.representations.findings import RepresentationsFindings
from arena.results.claim import GridClaim
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.results.stress import StressCell, StressResults
from arena.scenario.schema import Scenario
from tests.support import toys

MEASURES = (
    "measures={representations: {prompts: 8}, quiet: {prompts: 8, draws: 2}, "
    "reactivation: {samples: [0, 8], prompts: 8}}"
)
GRID = "grid={compositions: [pooled, sequential, merged, solo], stages: [continual_pretraining]}"
SMALL = (
    "grid.methods=[[rare_token, syntactic]]",
    "training.sequential={steps: 4, documents: 96, batch_size: 16}",
    "training.merged={steps: 4, documents: 96, batch_size: 16}",
    "controls.shams=0",
    "thresholds.installed_asr=0",  # toys learn nothing, and what is not installed is not measured
    "actors.lexical.poison={rate: 0.2}",
    "actors.linguist.poison={rate: 0.2}",
)


def scenario(*more: str) -> Scenario:
    return toys.scenario(GRID, *SMALL, MEASURES, *more)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> StressResult:
    folder = tmp_path_factory.mktemp("stress")
    seen: list[Outline] = []

    def show(found: Outline) -> bool:
        seen.append(found)
        return True

    made = stress(scenario(), out=folder / "run", store=folder / "store", quiet=True, show=show)
    assert made is not None
    assert seen[0].known.whole  # from one step that was timed for it
    return made


def cells(results: StressResults) -> dict[str, StressCell]:
    return {cell.id: cell for cell in results.cells}


def claim_of(results: StressResults) -> GridClaim:
    assert results.claim is not None
    return results.claim


def read_cell(done: StressResult, name: str) -> RunResults:
    results = read_results(done.folder / "cells" / name)
    assert isinstance(results, RunResults)
    return results


def test_every_cell_is_a_whole_run_of_its_own(done: StressResult) -> None:
    found = cells(done.results)
    assert set(found) == {"pooled", "sequential", "merged", "solo"}
    for name, cell in found.items():
        assert cell.status == "done"
        folder = done.folder / "cells" / name
        for file in ("results.json", "scenario.yaml", "report.html", "events.jsonl", "run.log"):
            assert (folder / file).is_file(), (name, file)
    assert (done.folder / "report.html").is_file()
    assert read_results(done.folder) == done.results


def test_compositions_differ_in_the_rows_of_their_cells(done: StressResult) -> None:
    def inserted(name: str) -> list[str]:
        return [row.name for row in read_cell(done, name).rows_of("inserted")]

    assert inserted("pooled") == []
    assert inserted("sequential") == ["after:lexical", "after:linguist"]
    assert inserted("merged") == ["alone:lexical", "alone:linguist"]
    assert inserted("solo") == ["alone:lexical", "alone:linguist"]
    solo = read_cell(done, "solo")
    assert solo.transfer == ()
    assert set(solo.installation) == {"lexical", "linguist"}


def test_measures_are_in_every_cell_that_unlearns(done: StressResult) -> None:
    for name in ("pooled", "sequential", "merged"):
        inside, reactivation, quiet = measured(read_cell(done, name))
        assert inside.layers == 3
        kinds = {curve.kind for curve in reactivation.curves}
        assert kinds == {"reference", "without", "control", "unlearned"}
        costs = {cost.actor for cost in reactivation.costs if cost.others is not None}
        assert costs == {curve.actor for curve in reactivation.curves if curve.kind == "without"}
        hows = {
            (row.actor, how)
            for row in quiet.rows
            for how in ("repeated", "moved")
            if getattr(row, how) is not None
        }
        assert hows == {("lexical", "repeated"), ("lexical", "moved")}


def measured(
    results: RunResults,
) -> tuple[RepresentationsFindings, ReactivationFindings, QuietFindings]:
    inside, reactivation, quiet = (
        results.measures[name] for name in ("representations", "reactivation", "quiet")
    )
    assert isinstance(inside, RepresentationsFindings)
    assert isinstance(reactivation, ReactivationFindings)
    assert isinstance(quiet, QuietFindings)
    return inside, reactivation, quiet


def test_what_is_not_installed_is_not_measured_as_gone(
    done: StressResult,
) -> None:
    made = stress(
        scenario("thresholds.installed_asr=1", "grid.compositions=[pooled]"),
        out=done.folder.parent / "none",
        store=done.folder.parent / "store",
        quiet=True,
    )
    assert made is not None
    inside, reactivation, quiet = measured(read_cell(made, "quickstart"))
    assert quiet.rows == ()
    assert reactivation.curves == ()
    assert inside.recognition == ()
    for findings in (inside, reactivation, quiet):
        assert findings.not_installed == {"lexical": 1, "linguist": 1}


def test_the_claim_is_over_all_cells(done: StressResult) -> None:
    claim = claim_of(done.results)
    assert claim.verdict == "inconclusive"  # one seed
    assert sum(claim.pairs.values()) == 6  # two ordered pairs in each of three cells
    assert set(claim.by["composition"]) == {"pooled", "sequential", "merged"}
    assert "stage" not in claim.by  # one value is no axis
    assert claim.would_change


def test_a_second_run_trains_nothing_and_knows_how_long(done: StressResult) -> None:
    store = done.folder.parent / "store"
    seen: list[Outline] = []
    again = stress(
        scenario(),
        out=done.folder.parent / "again",
        store=store,
        quiet=True,
        show=lambda found: not seen.append(found),
    )
    assert again is not None
    assert seen[0].todo == {}
    assert "nothing to train" in summary(seen[0])
    assert again.results.claim == done.results.claim
    more = stress(
        scenario("seeds=[0, 1]"),
        store=store,
        quiet=True,
        show=lambda found: bool(seen.append(found)),
    )
    assert more is None  # the plan alone
    assert seen[1].known.whole
    assert seen[1].stored > 0
    assert table(seen[1]).row_count == 4


def test_a_cell_that_fails_is_named_and_the_others_run(
    done: StressResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stress_run.run_settled

    def broken(scenario: Scenario, *rest: Any, **options: Any) -> Any:
        if scenario.composition == "merged":
            rest[0].mkdir(parents=True)
            raise ArenaError("it burst")
        if scenario.composition == "sequential":
            raise ZeroDivisionError("a fault of ours")
        return real(scenario, *rest, **options)

    monkeypatch.setattr(stress_run, "run_settled", broken)
    made = stress(
        scenario(),
        out=done.folder.parent / "broken",
        store=done.folder.parent / "store",
        quiet=True,
    )
    assert made is not None
    found = cells(made.results)
    assert (found["merged"].status, found["merged"].reason) == ("failed", "it burst")
    assert found["sequential"].reason == "ZeroDivisionError: a fault of ours"
    assert found["solo"].status == "done"
    assert made.failed == ("sequential", "merged")
    assert "it burst" in (made.folder / "cells" / "merged" / "run.log").read_text()
    assert (made.folder / "report.html").is_file()
    assert "composition" not in claim_of(made.results).by  # only pooled cells have pairs left


def test_a_finished_run_is_not_written_over(done: StressResult) -> None:
    with pytest.raises(InputError, match="finished run"):
        stress(scenario(), out=done.folder, store=done.folder.parent / "store", quiet=True)
